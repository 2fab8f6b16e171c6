package org.apollofs.dataplane.repair;

import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.Lane;

/**
 * The lanes of a host in the same process, whose agent polls them and calls the listeners: no further lanes, and no smaller
 * share of the targets' credit for the host. Repair closes before they do.
 */
public final class HostLanes implements RepairLanes {
    private final Targets targets;

    /** @param targets of the host, who closes them. */
    public HostLanes(Targets targets) {
        this.targets = targets;
    }

    @Override
    public int[] targetIds() {
        return targets.ids();
    }

    @Override
    public boolean isReachable(int targetId) {
        return targets.isConnected(targetId);
    }

    @Override
    public boolean isGone(int targetId) {
        return targets.isGone(targetId);
    }

    @Override
    public long listChunks(int targetId, RequestListener listener, long cursor) {
        return targets.listChunks(targetId, listener, cursor);
    }

    @Override
    public long readChunk(
            int targetId,
            RequestListener listener,
            long session,
            long stripe,
            int index,
            int chunkOffset,
            int length,
            Slab slab) {
        return targets.readChunk(targetId, listener, session, stripe, index, chunkOffset, length, slab);
    }

    @Override
    public long writeChunk(int targetId, ChunkWrite write) {
        if (write.request == null) {
            write.request = targets.beginWrite(write.listener, write.index);
            if (write.request == null) {
                return Lane.BACK_PRESSURED;
            }
        }
        long status = targets.writeChunk(
                targetId,
                write.request,
                write.stripe.session(),
                write.stripe.stripe(),
                write.payload,
                write.length,
                write.checksums,
                write.stripeLengths);
        if (status != Lane.BACK_PRESSURED) {
            write.request = null;
        }
        return status;
    }

    @Override
    public void abandon(ChunkWrite write) {
        if (write.request != null) {
            targets.abandonWrite(write.request);
            write.request = null;
        }
    }

    @Override
    public long deleteChunk(int targetId, RequestListener listener, long session, long stripe, int index) {
        return targets.deleteChunk(targetId, listener, session, stripe, index);
    }
}

package org.apollofs.dataplane.repair;

import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.Lane;

/**
 * The targets that repair works on, and its way to them: the lanes of the host beside it in an embedded site, lanes of its
 * own elsewhere.
 *
 * <p>Requests are made by repair's thread, never wait, and are answered once each, perhaps on another thread. All return a
 * status of {@link Lane}.
 */
public interface RepairLanes {
    /** Ids of all targets of the site, there or not. */
    int[] targetIds();

    /** Whether requests to a target have a chance now. */
    boolean isReachable(int targetId);

    /** Whether it is known that a target that is not reachable will not come by itself: else it is slow, and not gone. */
    boolean isGone(int targetId);

    /** As {@link Lane#listChunks}. */
    long listChunks(int targetId, RequestListener listener, long cursor);

    /** As {@link Lane#readChunk}. */
    long readChunk(
            int targetId,
            RequestListener listener,
            long session,
            long stripe,
            int index,
            int chunkOffset,
            int length,
            Slab slab);

    /**
     * As {@link Lane#writeChunk}. After {@link Lane#BACK_PRESSURED} a part of the chunk may be on its way: come again with
     * the same write, or {@link #abandon} it.
     */
    long writeChunk(int targetId, ChunkWrite write);

    /** A write that was back-pressured is not made again. */
    void abandon(ChunkWrite write);

    /** As {@link Lane#deleteChunk}. */
    long deleteChunk(int targetId, RequestListener listener, long session, long stripe, int index);
}

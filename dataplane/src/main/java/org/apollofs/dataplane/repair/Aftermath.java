package org.apollofs.dataplane.repair;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * What repair has written, until it is known that a file still referred to it then. A stripe may be deleted while it is
 * repaired: what was written after its chunks were deleted would stay for ever. So once all is written, the live stripes are
 * gone through again, and of those that are not among them the chunks that repair wrote, and no others, are deleted.
 *
 * <p>A process that ends before leaves such a chunk to the orphan sweep. One thread; answers may come on another.
 */
final class Aftermath {
    private final RepairLanes lanes;
    private final Map<StripeName, Written> written = new HashMap<>();
    private final Set<StripeName> live = new HashSet<>();
    private final ArrayDeque<TakeBack> waiting = new ArrayDeque<>();
    private TakeBack asked;
    private long takenBack;
    private long notBeforeNs;

    /** Chunks written of a stripe. @param group its targets. */
    private record Written(int mask, int[] group) {}

    Aftermath(RepairLanes lanes) {
        this.lanes = lanes;
    }

    /** Whether there is something to be found out, or to be deleted. */
    boolean isEmpty() {
        return written.isEmpty();
    }

    /** Chunks were written, or may have been. */
    void onWritten(StripeName name, int mask, int[] group) {
        written.merge(name, new Written(mask, group), (before, now) -> new Written(before.mask | now.mask, group));
    }

    /** A scan of the live stripes begins. */
    void beginScan() {
        live.clear();
    }

    /** A stripe is live. */
    void onLive(StripeName name) {
        if (written.containsKey(name)) {
            live.add(name);
        }
    }

    /** The scan, begun after the last {@link #onWritten}, is through. */
    void endScan() {
        written.forEach((name, what) -> {
            if (!live.contains(name)) {
                for (int rest = what.mask; rest != 0; rest &= rest - 1) {
                    int index = Integer.numberOfTrailingZeros(rest);
                    waiting.add(new TakeBack(name, index, what.group[index]));
                }
            }
        });
        written.clear();
        live.clear();
    }

    /** Deletes what is to be deleted. @param retryNs until one that failed is tried again. @return work done. */
    int advance(long nowNs, long retryNs) {
        if (asked == null) {
            TakeBack next = waiting.peek();
            if (next == null || nowNs - notBeforeNs < 0) {
                return 0;
            }
            StripeName name = next.name;
            next.answered = false;
            long status = lanes.deleteChunk(next.target, next, name.session(), name.stripe(), next.index);
            if (status != Lane.SENT) {
                notBeforeNs = status == Lane.BACK_PRESSURED ? nowNs : nowNs + retryNs;
                waiting.add(waiting.remove());
                return 0;
            }
            asked = waiting.remove();
            notBeforeNs = nowNs;
            return 1;
        }
        if (!asked.answered) {
            return 0;
        }
        if (asked.deleted) {
            takenBack++;
        } else {
            notBeforeNs = nowNs + retryNs;
            waiting.add(asked);
        }
        asked = null;
        return 1;
    }

    /** Chunks deleted so far. */
    long takenBack() {
        return takenBack;
    }

    /** A chunk to be deleted. */
    private static final class TakeBack implements RequestListener {
        private final StripeName name;
        private final int index;
        private final int target;
        private boolean deleted;
        private volatile boolean answered;

        TakeBack(StripeName name, int index, int target) {
            this.name = name;
            this.index = index;
            this.target = target;
        }

        @Override
        public void onChunkDeleted(int targetId, int chunkIndex) {
            deleted = true;
            answered = true;
        }

        @Override
        public void onError(int targetId, int chunkIndex, ErrorCode code, String message, Slab slab) {
            answered = true;
        }
    }
}

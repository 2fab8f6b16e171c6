package org.apollofs.dataplane.repair;

import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * Deletes the chunks of consecutive stripes, k+m each, from their targets. Driven by the garbage thread; answers come on
 * the host agent's.
 */
final class StripeDeletion implements RequestListener {
    /** How far it is. */
    enum State {
        RUNNING,
        DONE,
        /** A target did not do it: all is to be tried again, which does no harm. */
        FAILED
    }

    private final Targets targets;
    private final PlacementTable placement;
    private final long session;
    private final long stripeEnd;
    private final AtomicInteger unanswered = new AtomicInteger();
    private volatile String failure;
    private long stripe;
    private int index;
    private long deleted;

    StripeDeletion(Targets targets, PlacementTable placement, long session, long firstStripe, long stripeCount) {
        this.targets = targets;
        this.placement = placement;
        this.session = session;
        this.stripe = firstStripe;
        this.stripeEnd = firstStripe + stripeCount;
    }

    /**
     * Sends what there is room for.
     *
     * @param most requests to have unanswered.
     */
    State advance(int most) {
        while (stripe < stripeEnd && unanswered.get() < most) {
            int[] group = placement.group(stripe);
            unanswered.incrementAndGet();
            long status = targets.deleteChunk(group[index], this, session, stripe, index);
            if (status != Lane.SENT) {
                unanswered.decrementAndGet();
                if (status == Lane.BACK_PRESSURED) {
                    return State.RUNNING;
                }
                // The other targets' space is worth having although this one's chunk stays.
                failure = "target=" + group[index] + " is not connected";
            }
            index = index + 1 == group.length ? 0 : index + 1;
            if (index == 0) {
                stripe++;
            }
        }
        if (stripe < stripeEnd || unanswered.get() > 0) {
            return State.RUNNING;
        }
        return failure == null ? State.DONE : State.FAILED;
    }

    /** Why it failed. */
    String failure() {
        return failure;
    }

    /** Chunks deleted so far. Exact once it has ended. */
    long deleted() {
        return deleted;
    }

    @Override
    public void onChunkDeleted(int targetId, int chunkIndex) {
        deleted++;
        unanswered.decrementAndGet();
    }

    @Override
    public void onError(int targetId, int chunkIndex, ErrorCode code, String message, Slab slab) {
        failure = "target=" + targetId + ", " + code + ": " + message;
        unanswered.decrementAndGet();
    }
}

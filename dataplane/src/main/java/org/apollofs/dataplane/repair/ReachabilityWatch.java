package org.apollofs.dataplane.repair;

import java.util.HashSet;
import java.util.Set;
import org.agrona.concurrent.NanoClock;

/**
 * Notices that targets came or went, once that has lasted: soon where each is there or known to be gone, and only after a
 * long time where one is neither, as slow is not gone. One that comes and goes does not keep the others waiting for longer
 * than that. One thread.
 */
final class ReachabilityWatch {
    private final RepairLanes lanes;
    private final NanoClock clock;
    private final long settleNs;
    private final long patienceNs;
    private Set<Integer> seen = new HashSet<>();
    private boolean changed = true;
    private long firstChangeNs;
    private long lastChangeNs;

    ReachabilityWatch(RepairLanes lanes, NanoClock clock, long settleNs, long patienceNs) {
        this.lanes = lanes;
        this.clock = clock;
        this.settleNs = settleNs;
        this.patienceNs = patienceNs;
        this.firstChangeNs = clock.nanoTime();
        this.lastChangeNs = firstChangeNs;
    }

    /** Whether it is time to look at the site anew. True until {@link #onLooking}. */
    boolean isDue() {
        long now = clock.nanoTime();
        if (hasChanged()) {
            firstChangeNs = changed ? firstChangeNs : now;
            lastChangeNs = now;
            changed = true;
        }
        return changed && ((now - lastChangeNs >= settleNs && isComplete()) || now - firstChangeNs >= patienceNs);
    }

    private boolean isComplete() {
        for (int target : lanes.targetIds()) {
            if (!seen.contains(target) && !lanes.isGone(target)) {
                return false;
            }
        }
        return true;
    }

    private boolean hasChanged() {
        boolean same = true;
        int count = 0;
        int[] targets = lanes.targetIds();
        for (int target : targets) {
            if (lanes.isReachable(target)) {
                same &= seen.contains(target);
                count++;
            }
        }
        if (same && count == seen.size()) {
            return false;
        }
        seen = new HashSet<>();
        for (int target : targets) {
            if (lanes.isReachable(target)) {
                seen.add(target);
            }
        }
        return true;
    }

    /** The site is being looked at. */
    void onLooking() {
        changed = false;
    }

    /** What was found is worth nothing: look again. */
    void onFailed() {
        if (!changed) {
            firstChangeNs = clock.nanoTime();
        }
        lastChangeNs = clock.nanoTime();
        changed = true;
    }
}

package org.apollofs.dataplane.repair;

import java.util.HashSet;
import java.util.Set;
import org.agrona.concurrent.NanoClock;

/**
 * Notices that targets came or went, once that has lasted: soon where all are there, ten times later where one is not, as
 * slow is not gone and most come back. One that comes and goes all the time does not keep the others waiting. One thread.
 */
final class ReachabilityWatch {
    /** Times the settling time after which a site is looked at without all its targets, or although it does not settle. */
    private static final int PATIENCE = 10;

    private final RepairLanes lanes;
    private final NanoClock clock;
    private final long settleNs;
    private Set<Integer> seen = new HashSet<>();
    private boolean changed = true;
    private long firstChangeNs;
    private long lastChangeNs;

    ReachabilityWatch(RepairLanes lanes, NanoClock clock, long settleNs) {
        this.lanes = lanes;
        this.clock = clock;
        this.settleNs = settleNs;
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
        boolean isComplete = seen.size() == lanes.targetIds().length;
        return changed
                && ((isComplete && now - lastChangeNs >= settleNs) || now - firstChangeNs >= PATIENCE * settleNs);
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

package org.apollofs.dataplane.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the groups of a placement table. Pure and deterministic: the same targets give the same groups.
 *
 * <p>As many targets as a stripe has chunks: all rotations, so each target holds each place of a stripe equally often.
 * More targets: groups that use every target equally often, spread each target's neighbours widely (so that the chunks
 * of a lost target are rebuilt by many others), and keep chunks of a stripe in different failure domains as far as the
 * number of domains allows.
 */
public final class PlacementPlanner {
    /** Groups for each target when there is a choice: neighbours of a target are then 4(k+m) at most. */
    private static final int GROUPS_PER_TARGET = 4;
    /** Bounds the record in the namespace: 4,096 groups of 10 targets are 160 KiB. */
    private static final int MAX_GROUPS = 4096;

    private final StripeLayout layout;
    private final int[] targets;
    private final int[] domains;
    private final int perDomain;
    private final int[] used;
    private final int[] parityUsed;
    private final int[][] together;

    private PlacementPlanner(StripeLayout layout, int[] targets, int[] domains) {
        this.layout = layout;
        this.targets = targets;
        this.domains = domains;
        int domainCount = (int) Arrays.stream(domains).distinct().count();
        this.perDomain = (layout.width() + domainCount - 1) / domainCount;
        this.used = new int[targets.length];
        this.parityUsed = new int[targets.length];
        this.together = new int[targets.length][targets.length];
    }

    /**
     * Plans groups.
     *
     * @param targets ids, all different, at least k+m.
     * @param domains failure domain of each target (rack, host), by any numbering.
     * @throws IllegalArgumentException if there are too few targets, or one twice.
     */
    public static List<int[]> plan(StripeLayout layout, int[] targets, int[] domains) {
        if (targets.length < layout.width()) {
            throw new IllegalArgumentException("placement: layout " + layout + " needs " + layout.width()
                    + " targets, there are " + targets.length);
        }
        if (domains.length != targets.length) {
            throw new IllegalArgumentException(
                    "placement: " + targets.length + " targets, " + domains.length + " failure domains");
        }
        if (Arrays.stream(targets).distinct().count() != targets.length) {
            throw new IllegalArgumentException("placement: a target twice in " + Arrays.toString(targets));
        }
        if (targets.length == layout.width()) {
            return rotations(targets);
        }
        return new PlacementPlanner(layout, targets, domains).spread();
    }

    private static List<int[]> rotations(int[] targets) {
        int width = targets.length;
        List<int[]> groups = new ArrayList<>(width);
        for (int first = 0; first < width; first++) {
            int[] group = new int[width];
            for (int i = 0; i < width; i++) {
                group[i] = targets[(first + i) % width];
            }
            groups.add(group);
        }
        return groups;
    }

    private List<int[]> spread() {
        int count = Math.min(targets.length * GROUPS_PER_TARGET, Math.max(MAX_GROUPS, targets.length));
        List<int[]> groups = new ArrayList<>(count);
        for (int g = 0; g < count; g++) {
            groups.add(group(g));
        }
        return groups;
    }

    private int[] group(int number) {
        int width = layout.width();
        int[] members = new int[width];
        for (int i = 0; i < width; i++) {
            members[i] = next(members, i, number);
            used[members[i]]++;
        }
        for (int a : members) {
            for (int b : members) {
                together[a][b]++;
            }
        }
        return inOrder(members);
    }

    /** The allowed target that was used least, then met the members least often, then comes first after a rotation. */
    private int next(int[] members, int count, int rotation) {
        int best = -1;
        for (int step = 0; step < targets.length; step++) {
            int candidate = (rotation + step) % targets.length;
            if (allowed(members, count, candidate)
                    && (best < 0 || score(members, count, candidate) < score(members, count, best))) {
                best = candidate;
            }
        }
        if (best < 0) {
            // A domain with few targets is used up: a stripe on two targets of one domain is better than none.
            for (int candidate = 0; candidate < targets.length; candidate++) {
                if (!contains(members, count, candidate)
                        && (best < 0 || score(members, count, candidate) < score(members, count, best))) {
                    best = candidate;
                }
            }
        }
        return best;
    }

    private boolean allowed(int[] members, int count, int candidate) {
        int sameDomain = 0;
        for (int i = 0; i < count; i++) {
            if (members[i] == candidate) {
                return false;
            }
            if (domains[members[i]] == domains[candidate]) {
                sameDomain++;
            }
        }
        return sameDomain < perDomain;
    }

    private static boolean contains(int[] members, int count, int candidate) {
        for (int i = 0; i < count; i++) {
            if (members[i] == candidate) {
                return true;
            }
        }
        return false;
    }

    private long score(int[] members, int count, int candidate) {
        long met = 0;
        for (int i = 0; i < count; i++) {
            met += together[members[i]][candidate];
        }
        return ((long) used[candidate] << 32) + met;
    }

    /** Gives parity to the members that had it least often. */
    private int[] inOrder(int[] members) {
        int width = layout.width();
        int[] group = new int[width];
        boolean[] taken = new boolean[width];
        for (int place = width - 1; place >= layout.dataChunks(); place--) {
            int best = -1;
            for (int i = 0; i < width; i++) {
                if (!taken[i] && (best < 0 || parityUsed[members[i]] < parityUsed[members[best]])) {
                    best = i;
                }
            }
            taken[best] = true;
            parityUsed[members[best]]++;
            group[place] = targets[members[best]];
        }
        int place = 0;
        for (int i = 0; i < width; i++) {
            if (!taken[i]) {
                group[place++] = targets[members[i]];
            }
        }
        return group;
    }
}

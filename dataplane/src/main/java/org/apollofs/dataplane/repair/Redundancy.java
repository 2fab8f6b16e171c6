package org.apollofs.dataplane.repair;

import java.util.ArrayList;
import java.util.List;

/**
 * How much of a site is whole, as a survey found it and repairs changed it since. Immutable.
 *
 * @param stripes that files refer to.
 * @param bytes of files in them.
 * @param risks the stripes that are not whole, fewest chunks to spare first; empty if all are whole.
 */
public record Redundancy(long stripes, long bytes, List<Risk> risks) {
    /** Nothing is known, or nothing is there. */
    public static final Redundancy NONE = new Redundancy(0, 0, List.of());

    public Redundancy {
        risks = List.copyOf(risks);
    }

    /**
     * Stripes with equally many chunks left to spare.
     *
     * @param spare chunks that each can lose yet; negative if it cannot be read now.
     * @param parity chunks that one that is whole can lose.
     * @param bytes of files in them.
     */
    public record Risk(int spare, int parity, long stripes, long bytes) {
        /** For operators: "120 stripes with 1 of 2 parity left". */
        public String describe() {
            String count = stripes + (stripes == 1 ? " stripe" : " stripes");
            return spare < 0
                    ? count + " that cannot be read: too few chunks are there"
                    : count + " with " + spare + " of " + parity + " parity left";
        }
    }

    /** Stripes that are not whole. */
    public long stripesAtRisk() {
        return risks.stream().mapToLong(Risk::stripes).sum();
    }

    /** Bytes of files in them. */
    public long bytesAtRisk() {
        return risks.stream().mapToLong(Risk::bytes).sum();
    }

    /** With one stripe more, or with less of one, if the count is negative. */
    Redundancy with(int spare, int parity, long count, long fileBytes) {
        int key = Math.max(spare, -1);
        List<Risk> changed = new ArrayList<>();
        boolean found = false;
        for (Risk risk : risks) {
            boolean same = risk.spare() == key && risk.parity() == parity;
            Risk now = same ? new Risk(key, parity, risk.stripes() + count, risk.bytes() + fileBytes) : risk;
            found |= same;
            if (now.stripes() > 0) {
                changed.add(now);
            }
        }
        if (!found && count > 0) {
            changed.add(new Risk(key, parity, count, fileBytes));
            changed.sort((left, right) -> left.spare() != right.spare()
                    ? Integer.compare(left.spare(), right.spare())
                    : Integer.compare(left.parity(), right.parity()));
        }
        return new Redundancy(stripes, bytes, changed);
    }

    Redundancy plus(long moreStripes, long moreBytes) {
        return new Redundancy(stripes + moreStripes, bytes + moreBytes, risks);
    }
}

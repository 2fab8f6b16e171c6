package org.apollofs.dataplane.repair;

/**
 * A stripe to be looked at.
 *
 * @param placement its placement table.
 * @param referenced bits of the data chunks that files refer to.
 * @param missing bits of the chunks that are thought missing or bad: 0 if nothing is known.
 * @param spare chunks that it can lose yet without losing data.
 * @param bytes of files in it.
 * @param counted whether the redundancy of the site counts it as at risk, with so many to spare.
 * @param unlisted whether a chunk of it is bad that is there all the same, so that no survey misses it.
 */
record RepairItem(
        StripeName name,
        int placement,
        int referenced,
        int missing,
        int spare,
        int bytes,
        boolean counted,
        boolean unlisted) {

    /** A stripe of which nothing is known but that something may be wrong. */
    static RepairItem suspect(StripeName name, int placement, int missing) {
        return new RepairItem(name, placement, 0, missing, 0, 0, false, true);
    }

    /** With a part of a file more. */
    RepairItem with(int moreReferenced, long moreBytes) {
        int sum = (int) Math.min(Integer.MAX_VALUE, bytes + moreBytes);
        return new RepairItem(name, placement, referenced | moreReferenced, missing, spare, sum, counted, unlisted);
    }

    /** With other chunks missing. */
    RepairItem left(int nowMissing, int nowSpare, boolean nowCounted) {
        return new RepairItem(name, placement, referenced, nowMissing, nowSpare, bytes, nowCounted, unlisted);
    }

    RepairItem unlisted(boolean now) {
        return new RepairItem(name, placement, referenced, missing, spare, bytes, counted, now);
    }
}

package org.apollofs.dataplane.repair;

import java.util.List;
import java.util.Map;

/**
 * What repair says of itself. Immutable; any thread.
 *
 * @param state of the repair.
 * @param reason why it is so, one line; empty where there is nothing to say.
 * @param surveyedMs when the site was gone through last, ms since 1970; 0 if not since the start: the redundancy is not known.
 * @param redundancy of the site's stripes.
 * @param progress of what is being repaired.
 * @param counts since the start.
 * @param targets what was found wrong, by target.
 * @param hopeless stripes that cannot be repaired, one line each: the first few.
 * @param scrub how far the scrub is, or null if there is none.
 */
public record RepairStatus(
        JobState state,
        String reason,
        long surveyedMs,
        Redundancy redundancy,
        Progress progress,
        Counts counts,
        Map<Integer, TargetFindings> targets,
        List<String> hopeless,
        JobRecord scrub) {
    /** Whether the redundancy is known. */
    public boolean surveyed() {
        return surveyedMs != 0;
    }

    /**
     * @param stripesDone of this repair.
     * @param stripesLeft to be done.
     * @param bytesPerSecond read and written of late.
     * @param secondsLeft at the rate of late, or -1 if that is not known.
     */
    public record Progress(long stripesDone, long stripesLeft, long bytesPerSecond, long secondsLeft) {}

    /**
     * @param chunksWritten written and acknowledged.
     * @param bytesMoved read and written.
     * @param stripesLooked stripes of which every chunk was read.
     * @param suspects chunks that readers found missing or bad.
     * @param suspectsDropped reports of such that found no room.
     * @param chunksTakenBack written for a stripe that was deleted meanwhile, and deleted again.
     */
    public record Counts(
            long chunksWritten,
            long bytesMoved,
            long stripesLooked,
            long suspects,
            long suspectsDropped,
            long chunksTakenBack) {}

    /**
     * @param missing chunks that the last survey did not find there.
     * @param damaged chunks found that could not be read, or not as their checksums say.
     * @param written chunks written there.
     */
    public record TargetFindings(long missing, long damaged, long written) {}
}

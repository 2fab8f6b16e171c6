package org.apollofs.dataplane.repair;

/** How a chunk of a stripe was found. */
enum ChunkCondition {
    /** There, and as its checksums say. */
    GOOD,
    /** A data chunk that the stripe never had: as good as a chunk of zeros. */
    HOLE,
    /** Its target has no such chunk. */
    ABSENT,
    /** There, but it cannot be read, or not as its checksums say. */
    DAMAGED,
    /** There, and as its checksums say, but it is not the chunk of this stripe: the others agree on that. */
    STALE,
    /** Its target does not answer. */
    UNREACHABLE;

    /** Whether the other chunks can be computed from it. */
    boolean isUsable() {
        return this == GOOD || this == HOLE;
    }

    /** Whether a rebuilt chunk may take its place. */
    boolean isReplaceable() {
        return this == ABSENT || this == DAMAGED || this == STALE;
    }
}

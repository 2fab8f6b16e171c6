package org.apollofs.io.chunk;

/** Where a chunk's time goes, as recorded by a {@link ChunkStore}. */
public enum StoreStage {
    /** From the offer until its checksums are looked at. */
    WAIT,
    /** Comparing payload and checksums. */
    VERIFY,
    /** From the device's queue to its completion. */
    DEVICE,
    /** From the journal record to its durability, and that of the data: the group commit. */
    JOURNAL,
    /** From the offer to the answer. */
    TOTAL,
    /** Reads: from the offer to the answer. */
    READ
}

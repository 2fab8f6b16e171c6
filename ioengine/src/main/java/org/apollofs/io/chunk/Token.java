package org.apollofs.io.chunk;

/** What the store gives its device with each operation: a kind in the top byte, a number below. */
final class Token {
    /** Number: sequence of the write slot. */
    static final int WRITE = 1;
    /** Number: index of the read slot. */
    static final int READ = 2;
    /** Group commit: the device. */
    static final int DATA_SYNC = 3;
    /** Group commit: the journal. */
    static final int JOURNAL_SYNC = 4;
    /** Compaction: header of the next journal. */
    static final int HEADER_SYNC = 5;
    /** Compaction: the snapshot's content. */
    static final int SNAPSHOT_SYNC = 6;

    private static final int KIND_SHIFT = 56;
    private static final long NUMBER_MASK = (1L << KIND_SHIFT) - 1;

    private Token() {}

    static long of(int kind, long number) {
        return ((long) kind << KIND_SHIFT) | number;
    }

    static int kind(long token) {
        return (int) (token >>> KIND_SHIFT);
    }

    static long number(long token) {
        return token & NUMBER_MASK;
    }
}

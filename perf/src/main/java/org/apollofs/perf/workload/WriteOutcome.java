package org.apollofs.perf.workload;

/**
 * What writing a checkpoint took.
 *
 * @param files files written and closed.
 * @param bytes bytes in them, headers and tails included.
 * @param allRankNs first open of any rank to last close of any rank.
 * @param rank0Ns rank 0's first open to its last close: what MLPerf's published figures measure.
 * @param rank0Bytes bytes that rank 0 wrote.
 * @param slowestFsyncNs longest fsync of a file.
 */
public record WriteOutcome(int files, long bytes, long allRankNs, long rank0Ns, long rank0Bytes, long slowestFsyncNs) {
    /** GB (1e9 bytes) per second over all ranks: bytes a nanosecond. */
    public double allRankGbPerSecond() {
        return (double) bytes / allRankNs;
    }

    /** GB (1e9 bytes) per second of rank 0 by its own clock. */
    public double rank0GbPerSecond() {
        return (double) rank0Bytes / rank0Ns;
    }
}

package org.apollofs.perf.workload;

import java.util.List;

/**
 * What reading a checkpoint back took and showed.
 *
 * @param bytes bytes read into buffers, of files that failed too.
 * @param readNs time in which ranks read; hashing is not in it.
 * @param verdicts one a file, in the layout's order.
 */
public record ReadOutcome(long bytes, long readNs, List<FileVerdict> verdicts) {
    /** Copies the list. */
    public ReadOutcome {
        verdicts = List.copyOf(verdicts);
    }

    /** GB (1e9 bytes) per second over all ranks. */
    public double gbPerSecond() {
        return (double) bytes / readNs;
    }

    /** Whether every file is as written. */
    public boolean allMatched() {
        return verdicts.stream().allMatch(FileVerdict::matched);
    }

    /** Files that ended so. */
    public int count(FileVerdict.Kind kind) {
        return (int) verdicts.stream().filter(verdict -> verdict.kind() == kind).count();
    }

    /** Files that did not match. */
    public List<FileVerdict> failures() {
        return verdicts.stream().filter(verdict -> !verdict.matched()).toList();
    }
}

package org.apollofs.perf.workload;

import java.util.Arrays;

/** One file of a {@link CheckpointLayout}: its writer, its name and the bytes of its tensors. Immutable, any thread. */
public final class CheckpointFile {
    private final int rank;
    private final String name;
    private final long[] tensorLengths;

    /**
     * @param rank the writer, from 0.
     * @param name without a directory.
     * @param tensorLengths bytes of each tensor, in file order; each at least 1.
     */
    public CheckpointFile(int rank, String name, long[] tensorLengths) {
        this.rank = rank;
        this.name = name;
        this.tensorLengths = tensorLengths.clone();
    }

    /** The writer, from 0. */
    public int rank() {
        return rank;
    }

    /** Name without a directory. */
    public String name() {
        return name;
    }

    /** Tensors in it. */
    public int tensorCount() {
        return tensorLengths.length;
    }

    /** Bytes of one tensor. */
    public long tensorBytes(int tensor) {
        return tensorLengths[tensor];
    }

    /** Bytes of all its tensors. */
    public long tensorBytes() {
        return Arrays.stream(tensorLengths).sum();
    }

    /** Where everything stands in the file. */
    public FilePlan plan() {
        return FilePlan.of(tensorLengths);
    }

    @Override
    public String toString() {
        return name + " (rank " + rank + ", " + tensorLengths.length + " tensors)";
    }
}

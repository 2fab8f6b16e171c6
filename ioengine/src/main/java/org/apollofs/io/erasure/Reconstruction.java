package org.apollofs.io.erasure;

/**
 * How to rebuild given chunks from k given others, which may arrive in any order. Immutable and for any number of threads;
 * nothing allocates after {@link ErasureCode#reconstruction} made it.
 */
public final class Reconstruction {
    private final int[] sources;
    private final int[] targets;
    private final Combiner combiner;

    Reconstruction(int[] sources, int[] targets, Combiner combiner) {
        this.sources = sources;
        this.targets = targets;
        this.combiner = combiner;
    }

    /** How many chunks it reads: k. */
    public int sourceCount() {
        return sources.length;
    }

    /** Number of the chunk that is source {@code i}, ascending. */
    public int source(int i) {
        return sources[i];
    }

    /** How many chunks it rebuilds. */
    public int targetCount() {
        return targets.length;
    }

    /** Number of the chunk that is target {@code i}, ascending. */
    public int target(int i) {
        return targets[i];
    }

    /**
     * Adds one source to the targets; {@link Combiner#accumulate} has the details. Once each source that is not empty was
     * added, the targets hold the rebuilt chunks, extended with zeros to the valid length; behind that they are zero
     * without being written.
     *
     * @param source which source, 0 to k-1: its place in this plan, not its chunk's number.
     * @param address of the source's bytes.
     * @param length of the source in bytes.
     * @param targetAddresses addresses of the target buffers, in the order of {@link #target}.
     * @param validLength bytes of the targets that are the sum so far: 0 at first.
     * @return bytes of them that are the sum now.
     */
    public int accumulate(int source, long address, int length, long[] targetAddresses, int validLength) {
        return combiner.accumulate(source, address, length, targetAddresses, validLength);
    }
}

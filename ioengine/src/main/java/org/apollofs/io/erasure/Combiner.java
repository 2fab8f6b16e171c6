package org.apollofs.io.erasure;

/**
 * Sums of inputs with constant factors: {@code output[o] = sum over i of coefficient[o][i] * input[i]} in GF(2^8), byte by
 * byte, taking one input at a time in any order. Parity is one such sum, a rebuilt chunk another.
 *
 * <p>Immutable and for any number of threads; nothing allocates. The state of a sum is its output buffers and how many
 * bytes of them are valid, both the caller's.
 */
public abstract class Combiner {
    private final int inputCount;
    private final int outputCount;

    Combiner(int inputCount, int outputCount) {
        this.inputCount = inputCount;
        this.outputCount = outputCount;
    }

    /** Inputs of the sum. */
    public final int inputCount() {
        return inputCount;
    }

    /** Outputs of the sum. */
    public final int outputCount() {
        return outputCount;
    }

    /**
     * Adds one input to all outputs, in one pass over it. Inputs shorter than others count as extended with zeros: the
     * first {@code validLength} bytes of the outputs are added to, what lies behind them up to {@code length} is
     * overwritten. So a fresh sum starts with a valid length of 0 and its buffers need not be zeroed.
     *
     * @param input which input, from 0. Each may be added once.
     * @param address of the input's bytes, which are only read.
     * @param length of the input in bytes, 0 or more, any alignment.
     * @param outputs addresses of the output buffers, each at least {@code max(length, validLength)} bytes; none overlaps
     *     the input.
     * @param validLength bytes of the outputs that are the sum so far.
     * @return bytes of the outputs that are the sum now: {@code max(length, validLength)}.
     */
    public final int accumulate(int input, long address, int length, long[] outputs, int validLength) {
        if (input < 0 || input >= inputCount || length < 0 || validLength < 0 || outputs.length < outputCount) {
            throw new IllegalArgumentException("accumulate: input=" + input + " of " + inputCount + ", length=" + length
                    + ", outputs=" + outputs.length + " of " + outputCount + ", validLength=" + validLength);
        }
        int added = Math.min(length, validLength);
        if (outputCount > 0 && added > 0) {
            combine(input, address, 0, added, outputs, false);
        }
        if (outputCount > 0 && length > added) {
            combine(input, address, added, length, outputs, true);
        }
        return Math.max(length, validLength);
    }

    /** Does it for the bytes of input and outputs from one offset to another, overwriting the outputs or adding. */
    abstract void combine(int input, long address, int from, int to, long[] outputs, boolean overwrite);
}

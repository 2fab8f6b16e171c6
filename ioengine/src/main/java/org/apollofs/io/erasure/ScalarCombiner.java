package org.apollofs.io.erasure;

import java.lang.foreign.ValueLayout;
import org.apollofs.io.os.Memory;

/**
 * The codec that runs everywhere: eight bytes at a time in a long, multiplied by doubling and adding. Its sums are what
 * the other codecs are checked against.
 */
final class ScalarCombiner extends Combiner {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final int BITS = 8;

    /** For input, output and bit of the coefficient: all ones if the bit is set. */
    private final long[][] masks;

    private final int[][] coefficients;

    /**
     * @param coefficients by output, then input.
     */
    ScalarCombiner(int inputCount, int[][] coefficients) {
        super(inputCount, coefficients.length);
        this.coefficients = coefficients;
        masks = new long[inputCount][coefficients.length * BITS];
        for (int input = 0; input < inputCount; input++) {
            for (int output = 0; output < coefficients.length; output++) {
                for (int bit = 0; bit < BITS; bit++) {
                    masks[input][output * BITS + bit] = -(coefficients[output][input] >> bit & 1L);
                }
            }
        }
    }

    @Override
    void combine(int input, long address, int from, int to, long[] outputs, boolean overwrite) {
        int words = from + ((to - from) & -Long.BYTES);
        for (int output = 0; output < outputCount(); output++) {
            combineWords(masks[input], output * BITS, address, from, words, outputs[output], overwrite);
            combineBytes(coefficients[output][input], address, words, to, outputs[output], overwrite);
        }
    }

    private static void combineWords(
            long[] masks, int at, long address, int from, int to, long output, boolean overwrite) {
        long m0 = masks[at];
        long m1 = masks[at + 1];
        long m2 = masks[at + 2];
        long m3 = masks[at + 3];
        long m4 = masks[at + 4];
        long m5 = masks[at + 5];
        long m6 = masks[at + 6];
        long m7 = masks[at + 7];
        for (int i = from; i < to; i += Long.BYTES) {
            long x = Memory.ALL.get(WORD, address + i);
            long sum = x & m0;
            x = twice(x);
            sum ^= x & m1;
            x = twice(x);
            sum ^= x & m2;
            x = twice(x);
            sum ^= x & m3;
            x = twice(x);
            sum ^= x & m4;
            x = twice(x);
            sum ^= x & m5;
            x = twice(x);
            sum ^= x & m6;
            x = twice(x);
            sum ^= x & m7;
            Memory.ALL.set(WORD, output + i, overwrite ? sum : sum ^ Memory.ALL.get(WORD, output + i));
        }
    }

    /** Each byte times x, modulo the polynomial. */
    private static long twice(long x) {
        long high = x & HIGH_BITS;
        return (x ^ high) << 1 ^ (high >>> 7) * GaloisField.POLYNOMIAL;
    }

    static void combineBytes(int coefficient, long address, int from, int to, long output, boolean overwrite) {
        for (int i = from; i < to; i++) {
            int product = GaloisField.multiply(coefficient, Memory.ALL.get(ValueLayout.JAVA_BYTE, address + i) & 0xff);
            byte old = overwrite ? 0 : Memory.ALL.get(ValueLayout.JAVA_BYTE, output + i);
            Memory.ALL.set(ValueLayout.JAVA_BYTE, output + i, (byte) (product ^ old));
        }
    }
}

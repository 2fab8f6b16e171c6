package org.apollofs.io.erasure;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.agrona.BufferUtil;
import org.apollofs.io.os.Memory;

/**
 * The codec on the Vector API. A product is the sum of two table look-ups, of the byte's low and high four bits, which
 * one shuffle does for all lanes (Plank, Greenan, Miller: Screaming Fast Galois Field Arithmetic, FAST 2013). Two
 * outputs are done in one pass over the input: a loop for more of them is no faster and takes the compiler longer.
 */
final class VectorCombiner extends Combiner {
    private static final VectorSpecies<Byte> SPECIES = VectorShape.BYTES;
    private static final int LANES = SPECIES.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int OUTPUTS_PER_PASS = 2;
    private static final int NIBBLES = 16;
    private static final int WARM_UP_CALLS = 400;

    /** A multiple of every vector's length. */
    private static final int PIECE_LENGTH = 32 * 1024;

    /** By the outputs of a loop. */
    private static final boolean[] WARMED = new boolean[OUTPUTS_PER_PASS + 1];

    /** For input and output: products of the low nibbles, then of the high ones, each repeated to fill a vector. */
    private final byte[][] tables;

    private final int[][] coefficients;

    /**
     * @param coefficients by output, then input.
     */
    VectorCombiner(int inputCount, int[][] coefficients) {
        super(inputCount, coefficients.length);
        this.coefficients = coefficients;
        tables = new byte[inputCount][coefficients.length * 2 * LANES];
        for (int input = 0; input < inputCount; input++) {
            for (int output = 0; output < coefficients.length; output++) {
                for (int lane = 0; lane < LANES; lane++) {
                    int nibble = lane % NIBBLES;
                    int at = output * 2 * LANES + lane;
                    tables[input][at] = (byte) GaloisField.multiply(coefficients[output][input], nibble);
                    tables[input][at + LANES] = (byte) GaloisField.multiply(coefficients[output][input], nibble << 4);
                }
            }
        }
    }

    /** Lanes of a vector: bytes done at once. */
    static int lanes() {
        return LANES;
    }

    /**
     * Runs the loops that sums of so many outputs take until the compiler has them: interpreted, the Vector API does a
     * megabyte in a second. config/jvm.options has the compiler take them up sooner than other code. Once per process
     * and loop.
     */
    static void warmUp(int outputCount) {
        synchronized (WARMED) {
            for (int count = 1; count <= Math.min(outputCount, OUTPUTS_PER_PASS); count++) {
                if (!WARMED[count]) {
                    WARMED[count] = true;
                    warm(count);
                }
            }
        }
    }

    private static void warm(int outputCount) {
        int[][] coefficients = new int[outputCount][1];
        long[] outputs = new long[outputCount];
        ByteBuffer memory = ByteBuffer.allocateDirect((outputCount + 1) * LANES);
        for (int i = 0; i < outputCount; i++) {
            coefficients[i][0] = i + 2;
            outputs[i] = BufferUtil.address(memory) + (long) i * LANES;
        }
        Combiner combiner = new VectorCombiner(1, coefficients);
        long input = BufferUtil.address(memory) + (long) outputCount * LANES;
        try {
            for (int i = 0; i < WARM_UP_CALLS; i++) {
                combiner.combine(0, input, 0, LANES, outputs, (i & 1) == 0);
            }
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    @Override
    void combine(int input, long address, int from, int to, long[] outputs, boolean overwrite) {
        int vectors = from + (to - from) / LANES * LANES;
        // In pieces, so that a loop's compiled code is taken up at the next piece.
        for (int start = from; start < vectors; start += PIECE_LENGTH) {
            combineVectors(tables[input], address, start, Math.min(vectors, start + PIECE_LENGTH), outputs, overwrite);
        }
        for (int output = 0; output < outputCount() && vectors < to; output++) {
            ScalarCombiner.combineBytes(coefficients[output][input], address, vectors, to, outputs[output], overwrite);
        }
    }

    private void combineVectors(byte[] table, long address, int from, int to, long[] outputs, boolean overwrite) {
        for (int output = 0; output < outputCount(); output += OUTPUTS_PER_PASS) {
            if (outputCount() - output == 1) {
                one(table, output, address, from, to, outputs, overwrite);
            } else {
                two(table, output, address, from, to, outputs, overwrite);
            }
        }
    }

    private static void one(
            byte[] table, int output, long address, int from, int to, long[] outputs, boolean overwrite) {
        ByteVector low0 = low(table, output);
        ByteVector high0 = high(table, output);
        long out0 = outputs[output];
        for (int i = from; i < to; i += LANES) {
            ByteVector data = load(address + i);
            ByteVector lowNibbles = data.and((byte) 0x0f);
            ByteVector highNibbles = highNibbles(data);
            store(out0 + i, product(lowNibbles, highNibbles, low0, high0), overwrite);
        }
    }

    private static void two(
            byte[] table, int output, long address, int from, int to, long[] outputs, boolean overwrite) {
        ByteVector low0 = low(table, output);
        ByteVector high0 = high(table, output);
        ByteVector low1 = low(table, output + 1);
        ByteVector high1 = high(table, output + 1);
        long out0 = outputs[output];
        long out1 = outputs[output + 1];
        for (int i = from; i < to; i += LANES) {
            ByteVector data = load(address + i);
            ByteVector lowNibbles = data.and((byte) 0x0f);
            ByteVector highNibbles = highNibbles(data);
            store(out0 + i, product(lowNibbles, highNibbles, low0, high0), overwrite);
            store(out1 + i, product(lowNibbles, highNibbles, low1, high1), overwrite);
        }
    }

    private static ByteVector low(byte[] table, int output) {
        return ByteVector.fromArray(SPECIES, table, output * 2 * LANES);
    }

    private static ByteVector high(byte[] table, int output) {
        return ByteVector.fromArray(SPECIES, table, output * 2 * LANES + LANES);
    }

    private static ByteVector load(long address) {
        return ByteVector.fromMemorySegment(SPECIES, Memory.ALL, address, ORDER);
    }

    /** No processor shifts bytes; wider lanes do as well, with a mask. */
    private static ByteVector highNibbles(ByteVector data) {
        return data.reinterpretAsInts()
                .lanewise(VectorOperators.LSHR, 4)
                .reinterpretAsBytes()
                .and((byte) 0x0f);
    }

    private static ByteVector product(ByteVector lowNibbles, ByteVector highNibbles, ByteVector low, ByteVector high) {
        return lowNibbles.selectFrom(low).lanewise(VectorOperators.XOR, highNibbles.selectFrom(high));
    }

    private static void store(long address, ByteVector product, boolean overwrite) {
        MemorySegment all = Memory.ALL;
        if (overwrite) {
            product.intoMemorySegment(all, address, ORDER);
        } else {
            product.lanewise(VectorOperators.XOR, load(address)).intoMemorySegment(all, address, ORDER);
        }
    }
}

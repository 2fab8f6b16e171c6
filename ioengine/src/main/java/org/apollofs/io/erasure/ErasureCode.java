package org.apollofs.io.erasure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A systematic Reed-Solomon code of k data and m parity chunks: any k of the k+m give all the others.
 *
 * <p>Parity row i, column j of the matrix is the inverse of (k+i) XOR j, a Cauchy matrix, the same as ISA-L's {@code
 * gf_gen_cauchy1_matrix}. With k=1 all coefficients are 1, so parity chunks are plain replicas. Chunks have numbers: data 0
 * to k-1, parity k to k+m-1.
 *
 * <p>Immutable and for any number of threads.
 */
public final class ErasureCode {
    /** Largest k. */
    public static final int MAX_DATA_COUNT = 32;

    /** Largest m. */
    public static final int MAX_PARITY_COUNT = 8;

    private final int dataCount;
    private final int parityCount;
    private final CodecFactory factory;
    private final int[][] parityRows;
    private final Combiner parity;

    private ErasureCode(int dataCount, int parityCount, CodecFactory factory) {
        this.dataCount = dataCount;
        this.parityCount = parityCount;
        this.factory = factory;
        this.parityRows = parityRows(dataCount, parityCount);
        this.parity = factory.combiner(dataCount, parityRows);
    }

    /** A code on the fastest codec there is. The first of a process may take half a second, to get its loops compiled. */
    public static ErasureCode of(int dataCount, int parityCount) {
        return of(dataCount, parityCount, Codec.AUTO);
    }

    /**
     * A code on a given codec.
     *
     * @param dataCount k, 1 to {@link #MAX_DATA_COUNT}.
     * @param parityCount m, 0 to {@link #MAX_PARITY_COUNT}.
     * @throws IllegalArgumentException if a bound is broken.
     * @throws UnsupportedOperationException if this machine does not have the codec.
     */
    public static ErasureCode of(int dataCount, int parityCount, Codec codec) {
        if (dataCount < 1 || dataCount > MAX_DATA_COUNT || parityCount < 0 || parityCount > MAX_PARITY_COUNT) {
            throw new IllegalArgumentException("erasure code: data=" + dataCount + " (1 to " + MAX_DATA_COUNT
                    + "), parity=" + parityCount + " (0 to " + MAX_PARITY_COUNT + ")");
        }
        CodecFactory factory = CodecFactory.of(codec);
        factory.warmUp(parityCount);
        return new ErasureCode(dataCount, parityCount, factory);
    }

    /** k. */
    public int dataCount() {
        return dataCount;
    }

    /** m. */
    public int parityCount() {
        return parityCount;
    }

    /** k+m. */
    public int chunkCount() {
        return dataCount + parityCount;
    }

    /**
     * Adds one data chunk to the parity chunks; {@link Combiner#accumulate} has the details. Data chunks come in any order
     * and any length; parity is computed over chunks extended with zeros to the longest.
     *
     * @param dataIndex number of the data chunk.
     * @param address of its bytes.
     * @param length of it in bytes.
     * @param parityAddresses addresses of the m parity buffers.
     * @param validLength bytes of them that are parity so far: 0 for a fresh stripe, whose buffers need not be zeroed.
     * @return bytes of them that are parity now.
     */
    public int accumulate(int dataIndex, long address, int length, long[] parityAddresses, int validLength) {
        return parity.accumulate(dataIndex, address, length, parityAddresses, validLength);
    }

    /**
     * Plans how to get missing chunks back. Allocates; the plan may be kept and used by any number of threads.
     *
     * @param present bit i is set if chunk i can be read (or is known to be empty).
     * @param wanted bit i is set if chunk i is to be rebuilt.
     * @return the plan, or null if fewer than k chunks are present: then nothing can be done.
     * @throws IllegalArgumentException if a chunk is both present and wanted, or has no such number.
     */
    public Reconstruction reconstruction(long present, long wanted) {
        long all = (1L << chunkCount()) - 1;
        if ((present & wanted) != 0 || ((present | wanted) & ~all) != 0) {
            throw new IllegalArgumentException("reconstruction: chunks=" + chunkCount() + ", present="
                    + Long.toBinaryString(present) + ", wanted=" + Long.toBinaryString(wanted));
        }
        if (Long.bitCount(present) < dataCount) {
            return null;
        }
        int[] sources = firstBits(present, dataCount);
        int[] targets = firstBits(wanted, Long.bitCount(wanted));
        int[][] sourceRows = new int[dataCount][];
        for (int i = 0; i < dataCount; i++) {
            sourceRows[i] = row(sources[i]);
        }
        int[][] dataFromSources = GaloisField.invert(sourceRows);
        int[][] coefficients = new int[targets.length][];
        for (int i = 0; i < targets.length; i++) {
            coefficients[i] = GaloisField.multiply(row(targets[i]), dataFromSources);
        }
        return new Reconstruction(sources, targets, factory.combiner(dataCount, coefficients));
    }

    /** One line: the code, its codec, and why this codec. */
    public String describe() {
        return "Reed-Solomon " + dataCount + "+" + parityCount + ", codec: " + factory.describe();
    }

    /** The codecs of this machine, fastest first; {@link Codec#AUTO} is not among them. */
    public static List<Codec> codecs() {
        List<Codec> present = new ArrayList<>();
        for (Codec codec : Codec.values()) {
            if (codec != Codec.AUTO && CodecFactory.missing(codec) == null) {
                present.add(codec);
            }
        }
        return present;
    }

    /** Coefficient of a data chunk in a parity chunk, for tests and for those who store the matrix. */
    int coefficient(int parityIndex, int dataIndex) {
        return parityRows[parityIndex][dataIndex];
    }

    private int[] row(int chunk) {
        if (chunk >= dataCount) {
            return parityRows[chunk - dataCount];
        }
        int[] unit = new int[dataCount];
        unit[chunk] = 1;
        return unit;
    }

    private static int[][] parityRows(int dataCount, int parityCount) {
        int[][] rows = new int[parityCount][dataCount];
        for (int i = 0; i < parityCount; i++) {
            for (int j = 0; j < dataCount; j++) {
                rows[i][j] = dataCount == 1 ? 1 : GaloisField.invert((dataCount + i) ^ j);
            }
        }
        return rows;
    }

    /** The lowest bits that are set: data chunks before parity, so that what is present need not be computed. */
    private static int[] firstBits(long bits, int count) {
        int[] indexes = new int[Long.bitCount(bits)];
        long rest = bits;
        for (int i = 0; i < indexes.length; i++) {
            indexes[i] = Long.numberOfTrailingZeros(rest);
            rest &= rest - 1;
        }
        return Arrays.copyOf(indexes, count);
    }
}

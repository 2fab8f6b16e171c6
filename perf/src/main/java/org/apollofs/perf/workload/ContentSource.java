package org.apollofs.perf.workload;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.SplittableRandom;

/**
 * The bytes of every piece of every file of a checkpoint, a function of one seed. Immutable after construction, any
 * thread; its memory goes with the object.
 *
 * <p>One region of random bytes is made before the clock starts. A piece is a window of it, at a start that depends on
 * file and piece: making content costs nothing while writing, yet a byte that lands in the wrong file or at the wrong
 * offset shows. A piece longer than {@link #maxRunLength()} is several windows, one a run.
 */
public final class ContentSource {
    /** Linux' most for one write(2): MAX_RW_COUNT with 4 KiB pages. */
    static final int MAX_WRITE_LENGTH = 0x7ffff000;

    /** Windows start at one of this many places, 64 bytes apart, as torch aligns its memory. */
    private static final int START_COUNT = 1 << 17;

    private static final int START_STEP = 64;
    private static final int REGION_MAX_LENGTH = 768 << 20;

    private final long seed;
    private final ByteBuffer region;
    private final int maxRunLength;

    /**
     * Makes content for a layout; allocates its largest tensor plus 8 MiB, at most 776 MiB, off the heap.
     *
     * @param seed which content.
     */
    public ContentSource(CheckpointLayout layout, long seed) {
        this.seed = seed;
        long longest = 1;
        for (CheckpointFile file : layout.files()) {
            for (FilePlan.Piece piece : file.plan().pieces()) {
                longest = Math.max(longest, piece.length());
            }
        }
        maxRunLength = (int) Math.min(longest, Math.min(REGION_MAX_LENGTH, MAX_WRITE_LENGTH));
        int length = (maxRunLength + START_COUNT * START_STEP + START_STEP) & -START_STEP;
        region = ByteBuffer.allocateDirect(length + START_STEP)
                .alignedSlice(START_STEP)
                .limit(length)
                .slice()
                .order(ByteOrder.nativeOrder());
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < length; i += Long.BYTES) {
            region.putLong(i, random.nextLong());
        }
    }

    /** Bytes of the longest window: a longer piece is written by several calls. */
    int maxRunLength() {
        return maxRunLength;
    }

    /**
     * A window with the content of one run of a piece.
     *
     * @param run from 0: bytes from {@code run * maxRunLength()} of the piece on.
     * @param length at most {@link #maxRunLength()}.
     */
    ByteBuffer window(int file, int piece, int run, int length) {
        long key = seed ^ ((long) file << 40) ^ ((long) piece << 16) ^ run;
        int start = new SplittableRandom(key).nextInt(START_COUNT) * START_STEP;
        return region.slice(start, length);
    }

    /** SHA-256 that a whole file must have. Costs what hashing its bytes costs: off the clock. */
    byte[] sha256(CheckpointLayout layout, int file) {
        MessageDigest digest = newDigest();
        FilePlan plan = layout.files().get(file).plan();
        for (int piece = 0; piece < plan.pieces().size(); piece++) {
            long left = plan.pieces().get(piece).length();
            for (int run = 0; left > 0; run++) {
                int length = (int) Math.min(left, maxRunLength);
                digest.update(window(file, piece, run, length));
                left -= length;
            }
        }
        return digest.digest();
    }

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

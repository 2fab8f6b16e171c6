package org.apollofs.perf.durability;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The bytes that a step writes: a function of its seed, so a journal need not hold them. Any thread. */
final class Content {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Content() {}

    /** One byte. @param index from the first byte that the step writes. */
    static byte at(long seed, long index) {
        return (byte) (mix(seed + (index >>> 3) * GOLDEN) >>> ((index & 7) << 3));
    }

    /** The first bytes, as an array. */
    static byte[] of(long seed, int length) {
        byte[] bytes = new byte[length];
        fill(ByteBuffer.wrap(bytes), seed);
        return bytes;
    }

    /** Fills what remains of a buffer; its position does not move. */
    static void fill(ByteBuffer buffer, long seed) {
        ByteBuffer target = buffer.slice().order(ByteOrder.LITTLE_ENDIAN);
        int length = target.remaining();
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            target.putLong(at, mix(seed + (at >>> 3) * GOLDEN));
        }
        for (; at < length; at++) {
            target.put(at, at(seed, at));
        }
    }

    /** SplitMix64. */
    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}

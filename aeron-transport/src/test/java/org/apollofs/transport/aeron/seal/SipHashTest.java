package org.apollofs.transport.aeron.seal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vectors of the paper and of the authors' reference implementation: key 00 01 .. 0f, message 00 01 02 .. */
final class SipHashTest {
    @ParameterizedTest
    @CsvSource({
        "0, 726fdb47dd0e0e31",
        "1, 74f839c593dc67fd",
        "2, 0d6c8009d9a94f5a",
        "3, 85676696d7fb7e2d",
        "8, 93f5f5799a932462",
        "15, a129ca6149be45e5",
        "63, 958a324ceb064572"
    })
    void shouldHashAsTheReferenceDoes(int length, String hash) {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[64 + 3]);
        for (int i = 0; i < 64; i++) {
            bytes.putByte(3 + i, (byte) i);
        }
        long found = SipHash.hash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L, bytes, 3, length);
        assertEquals(hash, String.format("%016x", found));
    }
}

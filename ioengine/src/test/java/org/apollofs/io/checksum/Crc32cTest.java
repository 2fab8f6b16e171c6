package org.apollofs.io.checksum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.SlabPool;
import org.junit.jupiter.api.Test;

class Crc32cTest {
    private final Crc32c crc = new Crc32c();

    @Test
    void shouldGiveTheKnownAnswers() {
        UnsafeBuffer digits = new UnsafeBuffer("123456789".getBytes(StandardCharsets.US_ASCII));
        assertEquals(0xe3069283, crc.compute(digits, 0, 9));
        // RFC 3720, B.4: 32 bytes of zeros, of ones.
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(32));
        assertEquals(0x8a9136aa, crc.compute(buffer, 0, 32));
        buffer.setMemory(0, 32, (byte) 0xff);
        assertEquals(0x62a8ab43, crc.compute(buffer, 0, 32));
        assertEquals(0, crc.compute(buffer, 32, 0));
    }

    @Test
    void shouldAgreeForEveryKindOfBuffer() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] bytes = new byte[100_000];
        random.nextBytes(bytes);
        try (Arena arena = Arena.ofConfined()) {
            UnsafeBuffer heap = new UnsafeBuffer(bytes, 1000, 99_000);
            UnsafeBuffer direct = new UnsafeBuffer(ByteBuffer.allocateDirect(120_000), 777, 99_000);
            UnsafeBuffer address = new UnsafeBuffer(arena.allocate(99_000).address(), 99_000);
            direct.putBytes(0, bytes, 1000, 99_000);
            address.putBytes(0, bytes, 1000, 99_000);
            for (int i = 0; i < 200; i++) {
                int offset = random.nextInt(99_000);
                int length = random.nextInt(99_000 - offset);
                CRC32C reference = new CRC32C();
                reference.update(bytes, 1000 + offset, length);
                int expected = (int) reference.getValue();
                assertEquals(expected, crc.compute(heap, offset, length), "seed=" + seed);
                assertEquals(expected, crc.compute(direct, offset, length), "seed=" + seed);
                assertEquals(expected, crc.compute(address, offset, length), "seed=" + seed);
            }
        }
    }

    @Test
    void shouldFindTheFirstBlockThatDiffers() {
        try (SlabPool pool = SlabPool.allocate(1, 64 * 1024)) {
            UnsafeBuffer data = pool.tryAcquire().buffer();
            for (int i = 0; i < data.capacity(); i += 8) {
                data.putLong(i, i * 0x9e3779b97f4a7c15L);
            }
            UnsafeBuffer checksums = new UnsafeBuffer(new byte[64]);
            int length = 5 * 4096 + 100;
            assertEquals(6, Crc32c.blockCount(length, 4096));
            crc.checksumBlocks(data, 8, length, 4096, checksums, 4);
            assertEquals(crc.compute(data, 8, 4096), checksums.getInt(4, ByteOrder.LITTLE_ENDIAN));
            assertEquals(crc.compute(data, 8 + 5 * 4096, 100), checksums.getInt(24, ByteOrder.LITTLE_ENDIAN));
            assertEquals(0, checksums.getInt(28));
            assertEquals(Crc32c.ALL_MATCH, crc.verifyBlocks(data, 8, length, 4096, checksums, 4));
            data.putByte(8 + length - 1, (byte) ~data.getByte(8 + length - 1));
            assertEquals(5, crc.verifyBlocks(data, 8, length, 4096, checksums, 4));
            data.putByte(8 + 4096, (byte) ~data.getByte(8 + 4096));
            assertEquals(1, crc.verifyBlocks(data, 8, length, 4096, checksums, 4));
            assertEquals(Crc32c.ALL_MATCH, crc.verifyBlocks(data, 8, 0, 4096, checksums, 4));
        }
    }

    @Test
    void shouldCheckBounds() {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(32));
        assertThrows(IndexOutOfBoundsException.class, () -> crc.compute(buffer, 1, 32));
        assertThrows(IllegalArgumentException.class, () -> crc.compute(0, -1));
    }
}

package org.apollofs.io.checksum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BlockChecksumsTest {
    private static final int BLOCK = 64 * 1024;
    private static final int CAPACITY = 5 * BLOCK;

    @RepeatedTest(20)
    void shouldGiveTheChecksumsOfTheWholeWhateverThePieces(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        Random random = new Random(seed);
        byte[] source = new byte[CAPACITY];
        random.nextBytes(source);
        UnsafeBuffer bytes = new UnsafeBuffer(source);
        try (SlabPool pool = SlabPool.allocate(1, CAPACITY)) {
            Slab slab = pool.tryAcquire();
            BlockChecksums checksums = new BlockChecksums(slab.address(), CAPACITY, BLOCK);
            int first = random.nextInt(BLOCK * 2);
            slab.buffer().putBytes(0, bytes, 0, first);
            checksums.take(first);
            int length = first;
            while (length < CAPACITY) {
                int count = Math.min(CAPACITY - length, 1 + random.nextInt(random.nextBoolean() ? 100 : BLOCK));
                checksums.append(bytes, length, count);
                length += count;
                if (random.nextInt(10) == 0) {
                    check(seed, checksums, slab, length);
                }
            }
            check(seed, checksums, slab, CAPACITY);
            byte[] copied = new byte[CAPACITY];
            slab.buffer().getBytes(0, copied);
            assertArrayEquals(source, copied, "seed=" + seed);
            slab.release();
        }
    }

    private static void check(long seed, BlockChecksums checksums, Slab slab, int length) {
        assertEquals(length, checksums.length());
        UnsafeBuffer expected = new UnsafeBuffer(new byte[Crc32c.blockCount(length, BLOCK) * Integer.BYTES]);
        new Crc32c().checksumBlocks(slab.buffer(), 0, length, BLOCK, expected, 0);
        assertArrayEquals(expected.byteArray(), checksums.toBuffer().byteArray(), "seed=" + seed);
    }
}

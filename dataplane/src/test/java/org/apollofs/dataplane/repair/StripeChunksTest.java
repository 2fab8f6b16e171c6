package org.apollofs.dataplane.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.layout.StripeLayout;
import org.apollofs.dataplane.stripe.Checksums;
import org.apollofs.dataplane.stripe.ParityCodes;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.erasure.ErasureCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Any k chunks of a stripe, of any lengths, give the others; a wrong one among them is found or nothing is given. */
class StripeChunksTest {
    private static final int CHUNK = 128 * 1024;

    private final ParityCodes codes = new ParityCodes();

    /** A stripe as a host writes it. */
    private record Made(int k, int m, byte[][] chunks, byte[] lengths) {
        static Made of(int k, int m, Random random) {
            byte[][] chunks = new byte[k + m][];
            UnsafeBuffer lengths = new UnsafeBuffer(new byte[k * Integer.BYTES]);
            int filled = k == 1 ? 1 : 1 + random.nextInt(k);
            int longest = 0;
            try (SlabPool pool = SlabPool.allocate(m + 1, CHUNK)) {
                Slab[] parity = new Slab[m];
                long[] addresses = new long[m];
                for (int i = 0; i < m; i++) {
                    parity[i] = pool.tryAcquire();
                    addresses[i] = parity[i].address();
                }
                Slab data = pool.tryAcquire();
                for (int i = 0; i < k; i++) {
                    int length = i < filled ? length(random) : 0;
                    chunks[i] = new byte[length];
                    random.nextBytes(chunks[i]);
                    lengths.putInt(i * Integer.BYTES, length, ByteOrder.LITTLE_ENDIAN);
                    data.buffer().putBytes(0, chunks[i]);
                    longest = ErasureCode.of(k, m).accumulate(i, data.address(), length, addresses, longest);
                }
                int parityLength = new StripeLayout(k, m, CHUNK).parityLength(longest);
                for (int i = 0; i < m; i++) {
                    parity[i].buffer().setMemory(longest, parityLength - longest, (byte) 0);
                    chunks[k + i] = new byte[parityLength];
                    parity[i].buffer().getBytes(0, chunks[k + i]);
                    parity[i].release();
                }
                data.release();
            }
            return new Made(k, m, chunks, lengths.byteArray());
        }

        private static int length(Random random) {
            return switch (random.nextInt(3)) {
                case 0 -> CHUNK;
                case 1 -> 1 + random.nextInt(100);
                default -> 1 + random.nextInt(CHUNK);
            };
        }

        /** @param mask chunks that are there. */
        StripeChunks load(ParityCodes codes, Slab[] slabs, int mask) {
            StripeChunks loaded = new StripeChunks(codes, k, m, slabs);
            for (int i = 0; i < k + m; i++) {
                if ((mask & 1 << i) != 0 && chunks[i].length > 0) {
                    load(loaded, slabs, i, chunks[i]);
                } else {
                    loaded.set(i, ChunkCondition.ABSENT);
                }
            }
            return loaded;
        }

        void load(StripeChunks loaded, Slab[] slabs, int index, byte[] bytes) {
            slabs[index].buffer().putBytes(0, bytes);
            byte[] sums = Checksums.of(slabs[index].buffer(), bytes.length).byteArray();
            loaded.read(index, bytes.length, sums, index < k ? new byte[0] : lengths);
        }

        int referenced() {
            int mask = 0;
            for (int i = 0; i < k; i++) {
                mask |= chunks[i].length > 0 ? 1 << i : 0;
            }
            return mask;
        }
    }

    private static Slab[] slabs(SlabPool pool) {
        Slab[] slabs = new Slab[pool.slabCount()];
        for (int i = 0; i < slabs.length; i++) {
            slabs[i] = pool.tryAcquire();
        }
        return slabs;
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "1,2,2", "2,1,3", "3,2,4", "4,2,5", "8,2,6", "2,3,7"})
    void shouldGiveTheRestFromEverySubset(int k, int m, long seed) {
        Random random = new Random(seed);
        try (SlabPool pool = SlabPool.allocate(k + m + 1, CHUNK)) {
            Slab[] slabs = slabs(pool);
            for (int round = 0; round < 3; round++) {
                Made made = Made.of(k, m, random);
                for (int mask = 0; mask < 1 << (k + m); mask++) {
                    if (Integer.bitCount(mask) >= k) {
                        check(made, slabs, mask);
                    }
                }
            }
            Arrays.stream(slabs).forEach(Slab::release);
        }
    }

    private void check(Made made, Slab[] slabs, int mask) {
        StripeChunks chunks = made.load(codes, slabs, mask);
        assertTrue(chunks.settle(made.referenced()), "mask=" + mask + ": " + chunks.problem());
        for (int i = 0; i < chunks.width(); i++) {
            boolean isHole = made.chunks()[i].length == 0;
            if (isHole) {
                assertEquals(ChunkCondition.HOLE, chunks.condition(i));
            } else if ((mask & 1 << i) == 0) {
                assertNotNull(chunks.rebuild(i), "mask=" + mask + ", index=" + i + ": " + chunks.problem());
                byte[] rebuilt = new byte[chunks.lengthOf(i)];
                slabs[i].buffer().getBytes(0, rebuilt);
                assertTrue(Arrays.equals(made.chunks()[i], rebuilt), "mask=" + mask + ", index=" + i);
            }
        }
    }

    @Test
    void shouldFindTheWrongOneOrGiveNothing() {
        Random random = new Random(8);
        try (SlabPool pool = SlabPool.allocate(7, CHUNK)) {
            Slab[] slabs = slabs(pool);
            for (int round = 0; round < 60; round++) {
                Made made = Made.of(4, 2, random);
                int wrong = random.nextInt(6);
                if (made.chunks()[wrong].length == 0) {
                    continue;
                }
                byte[] other = made.chunks()[wrong].clone();
                other[random.nextInt(other.length)] ^= (byte) (1 + random.nextInt(255));
                StripeChunks all = made.load(codes, slabs, 0b111111);
                made.load(all, slabs, wrong, other);
                assertTrue(all.settle(made.referenced()), all.problem());
                assertEquals(ChunkCondition.STALE, all.condition(wrong));
                int lost = (wrong + 1) % 6;
                if (made.chunks()[lost].length > 0) {
                    StripeChunks oneLess = made.load(codes, slabs, 0b111111 & ~(1 << lost));
                    made.load(oneLess, slabs, wrong, other);
                    assertFalse(oneLess.settle(made.referenced()), "wrong=" + wrong + ", lost=" + lost);
                }
            }
            Arrays.stream(slabs).forEach(Slab::release);
        }
    }

    @Test
    void shouldGiveNothingThatContradictsStoredChecksums() {
        Random random = new Random(9);
        try (SlabPool pool = SlabPool.allocate(4, CHUNK)) {
            Slab[] slabs = slabs(pool);
            Made made = Made.of(2, 1, random);
            while (made.chunks()[1].length == 0) {
                made = Made.of(2, 1, random);
            }
            StripeChunks chunks = made.load(codes, slabs, 0b111);
            byte[] sums =
                    Checksums.of(slabs[0].buffer(), made.chunks()[0].length).byteArray();
            // Damaged on the medium: its checksums are those of what was there. And the other data chunk is stale.
            slabs[0].buffer().putByte(0, (byte) ~slabs[0].buffer().getByte(0));
            chunks.read(0, made.chunks()[0].length, sums, new byte[0]);
            assertEquals(ChunkCondition.DAMAGED, chunks.condition(0));
            byte[] stale = made.chunks()[1].clone();
            stale[0]++;
            made.load(chunks, slabs, 1, stale);
            assertTrue(chunks.settle(made.referenced()));
            assertEquals(null, chunks.rebuild(0));
            assertTrue(chunks.problem().contains("stored checksums"), chunks.problem());
            Arrays.stream(slabs).forEach(Slab::release);
        }
    }
}

package org.apollofs.dataplane.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.apollofs.namespace.client.Extent;
import org.junit.jupiter.api.Test;

class ExtentRunsTest {
    @Test
    void shouldFindTheChunkOfAByte() {
        Extent extent = new Extent(1000, 5000, 7, 20, 3, 100, 512, 1);
        // Byte 1000 lies at position 100 of the run: in its first chunk.
        assertEquals(100, ExtentRuns.position(extent, 1000));
        assertEquals(20, ExtentRuns.stripeAt(extent, 100, 4));
        assertEquals(3, ExtentRuns.indexAt(extent, 100, 4));
        // Byte 1412 is the first of the second chunk: the next stripe's first.
        assertEquals(512, ExtentRuns.position(extent, 1412));
        assertEquals(21, ExtentRuns.stripeAt(extent, 512, 4));
        assertEquals(0, ExtentRuns.indexAt(extent, 512, 4));
        assertEquals(412, ExtentRuns.lengthInChunk(extent, 100));
    }

    @Test
    void shouldLocateEveryByteOfASliceWhereTheWholeHasIt() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            int k = 1 + random.nextInt(9);
            Extent whole = randomExtent(random, k);
            long start = whole.fileOffset() + random.nextLong(whole.length());
            long end = start + 1 + random.nextLong(whole.end() - start);
            Extent slice = ExtentRuns.slice(whole, start, end, k);
            String message = "seed=" + seed + ", whole=" + whole + ", slice=" + slice;
            assertEquals(start, slice.fileOffset(), message);
            assertEquals(end, slice.end(), message);
            assertTrue(slice.chunkOffset() < slice.chunkStride(), message);
            assertTrue(slice.index() < k, message);
            for (int i = 0; i < 50; i++) {
                long f = start + random.nextLong(end - start);
                assertSamePlace(whole, slice, f, k, message);
            }
        }
    }

    @Test
    void shouldJoinWhatWasCutAndNothingElse() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            int k = 1 + random.nextInt(9);
            Extent whole = randomExtent(random, k);
            if (whole.length() < 3) {
                continue;
            }
            long cut = whole.fileOffset() + 1 + random.nextLong(whole.length() - 2);
            Extent first = ExtentRuns.slice(whole, whole.fileOffset(), cut, k);
            Extent second = ExtentRuns.slice(whole, cut, whole.end(), k);
            String message = "seed=" + seed + ", whole=" + whole + ", cut=" + cut;
            Extent joined = ExtentRuns.join(first, second, k);
            assertNotNull(joined, message);
            assertEquals(whole, joined, message);
            assertNull(ExtentRuns.join(second, first, k), message);
            Extent later = ExtentRuns.slice(whole, cut + 1, whole.end(), k);
            assertNull(ExtentRuns.join(first, later, k), message);
        }
    }

    @Test
    void shouldCountTheStripesOfARun() {
        assertEquals(1, ExtentRuns.stripeCount(new Extent(0, 512, 1, 9, 3, 0, 512, 1), 4));
        assertEquals(2, ExtentRuns.stripeCount(new Extent(0, 513, 1, 9, 3, 0, 512, 1), 4));
        assertEquals(2, ExtentRuns.stripeCount(new Extent(0, 512 * 5, 1, 9, 3, 0, 512, 1), 4));
        assertEquals(3, ExtentRuns.stripeCount(new Extent(0, 512 * 5 + 1, 1, 9, 3, 0, 512, 1), 4));
    }

    private static void assertSamePlace(Extent left, Extent right, long f, int k, String message) {
        long l = ExtentRuns.position(left, f);
        long r = ExtentRuns.position(right, f);
        assertEquals(ExtentRuns.stripeAt(left, l, k), ExtentRuns.stripeAt(right, r, k), message);
        assertEquals(ExtentRuns.indexAt(left, l, k), ExtentRuns.indexAt(right, r, k), message);
        assertEquals(ExtentRuns.chunkOffsetAt(left, l), ExtentRuns.chunkOffsetAt(right, r), message);
    }

    private static Extent randomExtent(Random random, int k) {
        int stride = 1 + random.nextInt(1 << (1 + random.nextInt(20)));
        long length = 1 + random.nextLong((long) stride * (1 + random.nextInt(100)));
        return new Extent(
                random.nextLong(1L << 40),
                length,
                1 + random.nextInt(1000),
                random.nextLong(1L << 40),
                random.nextInt(k),
                random.nextInt(stride),
                stride,
                1);
    }
}

package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The allocator against a plain array of units. */
class SpaceAllocatorTest {
    private static final int UNIT = SizeClass.UNIT_LENGTH;

    private record Block(long offset, int order) {}

    @Test
    void shouldNameSizeClasses() {
        assertEquals(0, SizeClass.orderOf(1));
        assertEquals(0, SizeClass.orderOf(UNIT));
        assertEquals(1, SizeClass.orderOf(UNIT + 1));
        assertEquals(4, SizeClass.orderOf(1 << 20));
        assertEquals(5, SizeClass.orderOf((1 << 20) + 1));
        assertEquals(SizeClass.MAX_ORDER, SizeClass.orderOf(16 << 20));
    }

    @Test
    void shouldNeverOverlapAndAlwaysAddUp() {
        for (long seed = 1; seed <= 20; seed++) {
            runAgainstArray(seed);
        }
    }

    private static void runAgainstArray(long seed) {
        Random random = new Random(seed);
        int maxOrder = random.nextInt(5);
        int units = (1 << maxOrder) * (1 + random.nextInt(100));
        boolean[] used = new boolean[units];
        List<Block> blocks = new ArrayList<>();
        long usedBytes = 0;
        try (SpaceAllocator space = new SpaceAllocator((long) units * UNIT, maxOrder)) {
            for (int i = 0; i < 3000; i++) {
                if (blocks.isEmpty() || random.nextInt(100) < (i % 1000 < 500 ? 60 : 40)) {
                    int order = random.nextInt(maxOrder + 1);
                    long offset = space.allocate(order);
                    if (offset == SpaceAllocator.NO_SPACE) {
                        assertTrue(space.largestFreeLength() < SizeClass.lengthOf(order), "seed=" + seed);
                        continue;
                    }
                    mark(used, offset, order, false, seed);
                    blocks.add(new Block(offset, order));
                    usedBytes += SizeClass.lengthOf(order);
                } else {
                    Block block = blocks.remove(random.nextInt(blocks.size()));
                    space.free(block.offset, block.order);
                    mark(used, block.offset, block.order, true, seed);
                    usedBytes -= SizeClass.lengthOf(block.order);
                }
                assertEquals(usedBytes, space.usedBytes(), "seed=" + seed);
                if (i % 100 == 0) {
                    assertEquals(fragmentedBytes(used, maxOrder), space.fragmentedBytes(), "seed=" + seed);
                }
            }
            assertSameAfterReserving(space, blocks, units, maxOrder, seed);
            blocks.forEach(block -> space.free(block.offset, block.order));
            assertEquals((long) units * UNIT, space.freeBytes());
            assertEquals(SizeClass.lengthOf(maxOrder), space.largestFreeLength(), "all halves joined, seed=" + seed);
        }
    }

    private static void mark(boolean[] used, long offset, int order, boolean before, long seed) {
        assertEquals(0, offset % SizeClass.lengthOf(order), "seed=" + seed);
        for (int i = 0; i < 1 << order; i++) {
            int unit = (int) (offset / UNIT) + i;
            assertEquals(before, used[unit], "unit=" + unit + ", seed=" + seed);
            used[unit] = !before;
        }
    }

    /** An allocator made from the list of blocks has the same space left as the one that handed them out. */
    private static void assertSameAfterReserving(
            SpaceAllocator space, List<Block> blocks, int units, int maxOrder, long seed) {
        try (SpaceAllocator other = new SpaceAllocator((long) units * UNIT, maxOrder)) {
            for (Block block : blocks) {
                assertTrue(other.reserve(block.offset, block.order), "seed=" + seed);
                assertFalse(other.reserve(block.offset, 0), "seed=" + seed);
            }
            assertEquals(space.largestFreeLength(), other.largestFreeLength(), "seed=" + seed);
            assertEquals(space.fragmentedBytes(), other.fragmentedBytes(), "seed=" + seed);
            assertEquals(takeAll(space), takeAll(other), "seed=" + seed);
        }
    }

    /** Hands out all that is left, piece by piece, and gives it back. */
    private static SortedSet<Long> takeAll(SpaceAllocator space) {
        SortedSet<Long> offsets = new TreeSet<>();
        for (long offset = space.allocate(0); offset != SpaceAllocator.NO_SPACE; offset = space.allocate(0)) {
            assertTrue(offsets.add(offset));
        }
        assertEquals(0, space.freeBytes());
        offsets.forEach(offset -> space.free(offset, 0));
        return offsets;
    }

    private static long fragmentedBytes(boolean[] used, int maxOrder) {
        long bytes = 0;
        int length = 1 << maxOrder;
        for (int start = 0; start < used.length; start += length) {
            int free = 0;
            for (int i = start; i < start + length; i++) {
                free += used[i] ? 0 : 1;
            }
            bytes += free == length ? 0 : (long) free * UNIT;
        }
        return bytes;
    }

    @Test
    void shouldHandOutWholeBlocksSideBySideAlsoWhenTheyAreReplaced() {
        try (SpaceAllocator space = new SpaceAllocator(100L * UNIT, 0)) {
            Deque<Long> inUse = new ArrayDeque<>();
            for (int i = 0; i < 1000; i++) {
                if (inUse.size() == 90) {
                    space.free(inUse.remove(), 0);
                }
                long offset = space.allocate(0);
                assertEquals(i % 100 * (long) UNIT, offset);
                inUse.add(offset);
            }
            for (int i = 0; i < 10; i++) {
                assertTrue(space.allocate(0) >= 0, "none is skipped when there are few left");
            }
            assertEquals(SpaceAllocator.NO_SPACE, space.allocate(0));
        }
    }

    @Test
    void shouldRefuseWhatIsNoBlock() {
        try (SpaceAllocator space = new SpaceAllocator(4L * UNIT, 2)) {
            assertFalse(space.reserve(UNIT, 1));
            assertFalse(space.reserve(-UNIT, 0));
            assertFalse(space.reserve(4L * UNIT, 0));
            assertFalse(space.reserve(0, 3));
            assertTrue(space.reserve(2L * UNIT, 1));
            assertFalse(space.reserve(0, 2));
            space.free(2L * UNIT, 1);
            assertThrows(IllegalStateException.class, () -> space.free(2L * UNIT, 1));
            assertTrue(space.reserve(0, 2));
        }
    }

    @Test
    void shouldManageFifteenTerabytesInLittleMemory() {
        try (SpaceAllocator space = new SpaceAllocator(15L << 40, 4)) {
            assertTrue(space.memoryBytes() < 64 << 20, "bytes=" + space.memoryBytes());
            assertEquals(0, space.allocate(0));
            assertEquals(1 << 20, space.allocate(4));
        }
    }
}

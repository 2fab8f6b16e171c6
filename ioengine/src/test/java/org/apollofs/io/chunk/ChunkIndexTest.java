package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The index against a HashMap. */
class ChunkIndexTest {
    private record Value(long offset, int length, int order, List<Integer> sums, List<Integer> stripeLengths) {}

    private static ChunkEntry entry(ChunkName name, Value value) {
        ChunkEntry entry = new ChunkEntry();
        entry.session = name.session();
        entry.stripe = name.stripe();
        entry.index = name.index();
        entry.offset = value.offset;
        entry.length = value.length;
        entry.order = value.order;
        wrap(entry.checksums, value.sums);
        wrap(entry.stripeLengths, value.stripeLengths);
        return entry;
    }

    private static void wrap(UnsafeBuffer buffer, List<Integer> ints) {
        buffer.wrap(new byte[ints.size() * 4]);
        for (int i = 0; i < ints.size(); i++) {
            buffer.putInt(i * 4, ints.get(i));
        }
    }

    private static List<Integer> ints(UnsafeBuffer buffer) {
        List<Integer> ints = new ArrayList<>();
        for (int i = 0; i < buffer.capacity(); i += 4) {
            ints.add(buffer.getInt(i));
        }
        return ints;
    }

    private static Value value(ChunkEntry entry) {
        return new Value(entry.offset, entry.length, entry.order, ints(entry.checksums), ints(entry.stripeLengths));
    }

    private static Value randomValue(Random random) {
        int length = 1 + random.nextInt(random.nextInt(4) == 0 ? SizeClass.MAX_LENGTH : 200_000);
        List<Integer> sums = new ArrayList<>();
        for (int i = ChunkEntry.checksumCount(length); i > 0; i--) {
            sums.add(random.nextInt());
        }
        List<Integer> lengths = new ArrayList<>();
        for (int i = random.nextInt(3) == 0 ? random.nextInt(17) : 0; i > 0; i--) {
            lengths.add(random.nextInt());
        }
        long offset = (random.nextLong() & 0xFFFF_FFFFL) << SizeClass.UNIT_SHIFT;
        return new Value(offset, length, SizeClass.orderOf(length), sums, lengths);
    }

    @Test
    void shouldBehaveAsAMap() {
        for (long seed = 1; seed <= 5; seed++) {
            Random random = new Random(seed);
            Map<ChunkName, Value> model = new HashMap<>();
            try (ChunkIndex index = new ChunkIndex(seed == 1 ? 1 : 40_000)) {
                for (int i = 0; i < 20_000; i++) {
                    step(random, index, model, i, seed);
                }
                assertSame(index, model, seed);
            }
        }
    }

    private static void step(Random random, ChunkIndex index, Map<ChunkName, Value> model, int i, long seed) {
        int range = i < 10_000 ? 3000 : 30;
        ChunkName name = new ChunkName(1 + random.nextInt(2), random.nextInt(range), random.nextInt(6));
        ChunkEntry old = new ChunkEntry();
        if (random.nextInt(10) < 6) {
            Value value = randomValue(random);
            Value before = model.put(name, value);
            assertEquals(before != null, index.put(entry(name, value), old), "seed=" + seed);
            assertOld(before, old, seed);
        } else {
            Value before = model.remove(name);
            assertEquals(
                    before != null, index.remove(name.session(), name.stripe(), name.index(), old), "seed=" + seed);
            assertOld(before, old, seed);
        }
        assertEquals(model.size(), index.size());
    }

    private static void assertOld(Value before, ChunkEntry old, long seed) {
        if (before != null) {
            assertEquals(before.offset, old.offset, "seed=" + seed);
            assertEquals(before.length, old.length, "seed=" + seed);
            assertEquals(before.order, old.order, "seed=" + seed);
        }
    }

    private static void assertSame(ChunkIndex index, Map<ChunkName, Value> model, long seed) {
        ChunkEntry entry = new ChunkEntry();
        model.forEach((name, value) -> {
            assertTrue(index.get(name.session(), name.stripe(), name.index(), entry), "seed=" + seed);
            assertEquals(value, value(entry), "seed=" + seed);
        });
        assertFalse(index.get(99, 0, 0, entry));
        Map<ChunkName, Value> seen = new HashMap<>();
        for (int segment = 0; segment < index.segmentCount(); segment++) {
            index.forEach(segment, entry, e -> seen.put(new ChunkName(e.session, e.stripe, e.index), value(e)));
        }
        assertEquals(model, seen, "seed=" + seed);
    }

    @Test
    void shouldListWhatStaysOnceWhileOthersComeAndGo() {
        Random random = new Random(7);
        Value value = new Value(0, 1, 0, List.of(1), List.of());
        try (ChunkIndex index = new ChunkIndex(20_000)) {
            ChunkEntry old = new ChunkEntry();
            for (int i = 0; i < 5000; i++) {
                index.put(entry(new ChunkName(1, i, 0), value), old);
            }
            Map<Long, Integer> seen = new HashMap<>();
            long cursor = 0;
            int added = 10_000;
            do {
                cursor = index.list(
                        cursor, 1 + random.nextInt(200), new ChunkEntry(), e -> seen.merge(e.stripe, 1, Integer::sum));
                for (int i = 0; i < 300; i++) {
                    index.put(entry(new ChunkName(1, added++, 0), value), old);
                    // Odd ones go, even ones stay.
                    index.remove(1, random.nextInt(2500) * 2 + 1, 0, old);
                }
            } while (cursor != 0);
            for (long i = 0; i < 5000; i += 2) {
                assertEquals(1, seen.get(i), "stripe=" + i);
            }
            seen.forEach((stripe, count) -> assertEquals(1, count, "stripe=" + stripe));
        }
    }

    @Test
    void shouldEndLists() {
        Value value = new Value(0, 1, 0, List.of(1), List.of());
        for (int count : new int[] {0, 1, 5, 10}) {
            try (ChunkIndex index = new ChunkIndex(1)) {
                for (int i = 0; i < count; i++) {
                    index.put(entry(new ChunkName(1, i, 0), value), new ChunkEntry());
                }
                Set<Long> names = new HashSet<>();
                long cursor = 0;
                int pages = 0;
                do {
                    cursor = index.list(cursor, 5, new ChunkEntry(), e -> names.add(e.stripe));
                    pages++;
                } while (cursor != 0);
                assertEquals(count, names.size());
                assertEquals(Math.max(1, (count + 4) / 5), pages);
            }
        }
    }

    @Test
    void shouldStayUnderItsMemoryBound() {
        int count = 200_000;
        List<Integer> sums = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            sums.add(i);
        }
        ChunkEntry entry = entry(new ChunkName(1, 0, 0), new Value(0, 1 << 20, 4, sums, List.of()));
        ChunkEntry old = new ChunkEntry();
        try (ChunkIndex index = new ChunkIndex(count)) {
            for (int i = 1; i <= count; i++) {
                entry.stripe = i / 6;
                entry.index = i % 6;
                index.put(entry, old);
                if (i > 50_000 && i % 10_000 == 0) {
                    long each = index.memoryBytes() / i;
                    assertTrue(each < 160, "bytes each=" + each + " at " + i);
                }
            }
        }
    }
}

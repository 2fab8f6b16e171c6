package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.io.buffer.SlabPool;
import org.junit.jupiter.api.Test;

/** Ranges laid over each other, against an array that says for each byte which chunk holds it, and where. */
class DirtyExtentsTest {
    private static final int SIZE = 500;

    @Test
    void shouldKnowTheNewestPlaceOfEveryByte() {
        try (SlabPool pool = SlabPool.allocate(1, 4096)) {
            Chunk[] chunks = new Chunk[8];
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = new Chunk(pool.slab(0), 0);
            }
            for (long seed = 1; seed <= 200; seed++) {
                history(new Random(seed), chunks, "seed=" + seed);
            }
        }
    }

    private static void history(Random random, Chunk[] chunks, String message) {
        DirtyExtents extents = new DirtyExtents();
        Chunk[] holder = new Chunk[SIZE];
        int[] place = new int[SIZE];
        int fill = 0;
        for (int step = 0; step < 120; step++) {
            Chunk chunk = chunks[random.nextInt(chunks.length)];
            int length = 1 + random.nextInt(random.nextInt(5) == 0 ? 200 : 20);
            int offset = random.nextInt(SIZE - length);
            extents.put(offset, length, chunk, fill);
            for (int i = 0; i < length; i++) {
                holder[offset + i] = chunk;
                place[offset + i] = fill + i;
            }
            fill += length;
            if (random.nextInt(40) == 0) {
                Chunk gone = chunks[random.nextInt(chunks.length)];
                extents.removeIf(c -> c == gone);
                for (int i = 0; i < SIZE; i++) {
                    holder[i] = holder[i] == gone ? null : holder[i];
                }
            }
            check(extents, holder, place, message + ", step=" + step);
        }
    }

    private static void check(DirtyExtents extents, Chunk[] holder, int[] place, String message) {
        List<Integer> covered = new ArrayList<>();
        for (int i = 0; i < extents.count(); i++) {
            assertTrue(i == 0 || extents.end(i - 1) <= extents.offset(i), message);
            assertTrue(extents.length(i) > 0, message);
            for (int b = 0; b < extents.length(i); b++) {
                int at = (int) extents.offset(i) + b;
                covered.add(at);
                assertTrue(holder[at] == extents.chunk(i), message);
                assertEquals(place[at], extents.chunkOffset(i) + b, message);
            }
        }
        int expected = 0;
        for (int i = 0; i < SIZE; i++) {
            expected += holder[i] == null ? 0 : 1;
            int range = extents.firstEndingAfter(i);
            boolean inRange = range < extents.count() && extents.offset(range) <= i;
            assertEquals(holder[i] != null, inRange, message);
        }
        assertEquals(expected, covered.size(), message);
    }
}

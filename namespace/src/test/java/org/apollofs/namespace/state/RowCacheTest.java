package org.apollofs.namespace.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class RowCacheTest {
    private static final int SLOTS = 16;
    private static final int SLOT_LENGTH = 64;

    private final RowCache cache = new RowCache(SLOTS, SLOT_LENGTH);

    private static UnsafeBuffer bytes(int... values) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[values.length]);
        for (int i = 0; i < values.length; i++) {
            buffer.putByte(i, (byte) values[i]);
        }
        return buffer;
    }

    @Test
    void shouldHoldTheRowPutLast() {
        cache.put(bytes(1, 2, 3), bytes(4, 5));
        assertEquals(bytes(4, 5), cache.get(bytes(1, 2, 3)));
        cache.put(bytes(1, 2, 3), bytes());
        assertEquals(0, cache.get(bytes(1, 2, 3)).capacity());
    }

    @Test
    void shouldForgetARowThatBecameTooLong() {
        UnsafeBuffer key = bytes(1, 2, 3, 4, 5, 6, 7, 8);
        cache.put(key, bytes(1));
        cache.put(key, new UnsafeBuffer(new byte[SLOT_LENGTH]));
        assertNull(cache.get(key));
    }

    @Test
    void shouldRefuseSlotsThatAreNoPowerOfTwo() {
        assertThrows(IllegalArgumentException.class, () -> new RowCache(12, SLOT_LENGTH));
    }

    @Test
    void shouldNeverSayAnythingElseThanTheTable() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Map<UnsafeBuffer, UnsafeBuffer> table = new HashMap<>();
        int hits = 0;
        for (int i = 0; i < 100_000; i++) {
            // Keys of numbers and of names: short ones, so that they meet, and some that differ at the end only.
            byte[] name = new byte[random.nextInt(4) * 4];
            if (name.length > 0) {
                name[name.length - 1] = (byte) random.nextInt(6);
            }
            UnsafeBuffer key = new UnsafeBuffer(name);
            switch (random.nextInt(10)) {
                case 0 -> {
                    table.remove(key);
                    cache.remove(key);
                }
                case 1, 2, 3 -> {
                    byte[] value = new byte[random.nextInt(SLOT_LENGTH)];
                    random.nextBytes(value);
                    table.put(key, new UnsafeBuffer(value));
                    cache.put(key, new UnsafeBuffer(value));
                }
                default -> {
                    DirectBuffer known = cache.get(key);
                    if (known != null) {
                        hits++;
                        assertNotNull(table.get(key), "seed=" + seed);
                        assertEquals(table.get(key), known, "seed=" + seed);
                    }
                }
            }
            if (random.nextInt(1000) == 0) {
                cache.clear();
                table.keySet().forEach(any -> assertNull(cache.get(any)));
            }
        }
        assertTrue(hits > 1000, "seed=" + seed);
    }
}

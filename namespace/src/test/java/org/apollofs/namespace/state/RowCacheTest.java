package org.apollofs.namespace.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
    private static final int SLOTS = 64;
    private static final int SLOT_LENGTH = 64;

    private final TestTable table = new TestTable();
    private final RowCache cache = new RowCache(SLOTS, SLOT_LENGTH, table);

    /** Hands out one buffer, as LMDB does: what it held is gone with the next use. */
    private static final class TestTable implements RowCache.Table {
        final Map<UnsafeBuffer, UnsafeBuffer> rows = new HashMap<>();
        private final UnsafeBuffer handedOut = new UnsafeBuffer(new byte[2 * SLOT_LENGTH]);
        private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        int reads;
        int writes;

        @Override
        public DirectBuffer read(DirectBuffer key) {
            reads++;
            spoil();
            UnsafeBuffer value = rows.get(copy(key));
            if (value == null) {
                return null;
            }
            handedOut.putBytes(0, value, 0, value.capacity());
            view.wrap(handedOut, 0, value.capacity());
            return view;
        }

        @Override
        public void write(DirectBuffer key, DirectBuffer value) {
            writes++;
            rows.put(copy(key), copy(value));
            spoil();
        }

        private void spoil() {
            handedOut.setMemory(0, handedOut.capacity(), (byte) -1);
        }
    }

    private static UnsafeBuffer copy(DirectBuffer buffer) {
        byte[] copied = new byte[buffer.capacity()];
        buffer.getBytes(0, copied);
        return new UnsafeBuffer(copied);
    }

    private static UnsafeBuffer bytes(int... values) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[values.length]);
        for (int i = 0; i < values.length; i++) {
            buffer.putByte(i, (byte) values[i]);
        }
        return buffer;
    }

    @Test
    void shouldReadARowOnce() {
        table.rows.put(bytes(1, 2, 3), bytes(4, 5));
        assertEquals(bytes(4, 5), cache.get(bytes(1, 2, 3)));
        assertEquals(bytes(4, 5), cache.get(bytes(1, 2, 3)));
        assertEquals(1, table.reads);
        assertNull(cache.get(bytes(1, 2)));
    }

    @Test
    void shouldHoldTheRowPutLast() {
        cache.put(bytes(1, 2, 3), bytes(4, 5));
        assertEquals(bytes(4, 5), cache.get(bytes(1, 2, 3)));
        cache.put(bytes(1, 2, 3), bytes());
        assertEquals(0, cache.get(bytes(1, 2, 3)).capacity());
        cache.flush();
        assertEquals(0, table.writes);
    }

    @Test
    void shouldWriteARowThatChangesOftenOnce() {
        for (int i = 0; i < 10; i++) {
            cache.change(bytes(1, 2, 3), bytes(i));
        }
        assertEquals(bytes(9), cache.get(bytes(1, 2, 3)));
        assertEquals(0, table.writes);
        cache.flush();
        cache.flush();
        assertEquals(1, table.writes);
        assertEquals(bytes(9), table.rows.get(bytes(1, 2, 3)));
    }

    @Test
    void shouldWriteAChangedRowBeforeAnotherTakesItsSlot() {
        UnsafeBuffer first = bytes(0, 0, 0, 0, 0, 0, 0, 1);
        UnsafeBuffer second = bytes(0, 0, 0, 0, 0, 0, 0, 1 + SLOTS);
        table.rows.put(second, bytes(7));
        cache.change(first, bytes(1));
        assertEquals(bytes(7), cache.get(second));
        assertEquals(bytes(1), table.rows.get(first));
        assertEquals(bytes(1), cache.get(first));
    }

    @Test
    void shouldNotKeepARowThatBecameTooLong() {
        UnsafeBuffer key = bytes(1, 2, 3, 4, 5, 6, 7, 8);
        UnsafeBuffer tooLong = new UnsafeBuffer(new byte[SLOT_LENGTH]);
        cache.change(key, bytes(1));
        cache.change(key, tooLong);
        assertEquals(tooLong, table.rows.get(key));
        cache.flush();
        assertEquals(tooLong, table.rows.get(key));
        assertEquals(tooLong, cache.get(key));
    }

    @Test
    void shouldRefuseSlotsThatAreNoPowerOfTwo() {
        assertThrows(IllegalArgumentException.class, () -> new RowCache(96, SLOT_LENGTH, table));
        assertThrows(IllegalArgumentException.class, () -> new RowCache(32, SLOT_LENGTH, table));
    }

    /** Transactions of random reads and changes, some aborted, beside a map that has every change at once. */
    @Test
    void shouldNeverSayAnythingElseThanTheTableWould() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Map<UnsafeBuffer, UnsafeBuffer> committed = new HashMap<>();
        Map<UnsafeBuffer, UnsafeBuffer> expected = new HashMap<>();
        int saved = 0;
        for (int i = 0; i < 100_000; i++) {
            // Keys of numbers and of names: few, so that they meet in their slots, and some that differ at the end
            // only.
            byte[] name = new byte[random.nextInt(4) * 4];
            if (name.length > 0) {
                name[name.length - 1] = (byte) (random.nextInt(4) * SLOTS / 2 + random.nextInt(3));
            }
            UnsafeBuffer key = new UnsafeBuffer(name);
            switch (random.nextInt(10)) {
                case 0 -> {
                    expected.remove(key);
                    table.rows.remove(key);
                    cache.remove(key);
                }
                case 1, 2, 3 -> {
                    byte[] value = new byte[random.nextInt(SLOT_LENGTH)];
                    random.nextBytes(value);
                    expected.put(key, new UnsafeBuffer(value));
                    saved++;
                    if (random.nextInt(4) == 0) {
                        table.write(key, new UnsafeBuffer(value));
                        cache.put(key, new UnsafeBuffer(value));
                    } else {
                        cache.change(key, new UnsafeBuffer(value));
                    }
                }
                default -> assertEquals(expected.get(key), cache.get(key), "seed=" + seed);
            }
            if (random.nextInt(100) == 0) {
                if (random.nextBoolean()) {
                    cache.flush();
                    assertEquals(expected, table.rows, "seed=" + seed);
                    committed = new HashMap<>(expected);
                } else {
                    cache.clear();
                    table.rows.clear();
                    table.rows.putAll(committed);
                    expected = new HashMap<>(committed);
                }
            }
        }
        assertTrue(table.writes < saved, "seed=" + seed);
    }
}

package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Rows of a table that were read or written last, in front of it: a look here takes a tenth of one into LMDB. A row that is
 * {@link #change changed} goes into the table when it is pushed out and with {@link #flush}, so that one which changes often
 * is written once a transaction: whoever reads the table itself flushes first. For the rest, the cache says what the table
 * says under the present transaction; an abort clears it.
 *
 * <p>A direct-mapped table of fixed size, off heap; a row pushes out another one in its slot, and one that is longer than a
 * slot is not kept. Owned by the apply thread.
 *
 * <pre>
 *  0       4           8             12      16
 *  | epoch | keyLength | valueLength | spare | key ... | value ... |
 * </pre>
 */
final class RowCache {
    private static final int EPOCH = 0;
    private static final int KEY_LENGTH = 4;
    private static final int VALUE_LENGTH = 8;
    private static final int KEY = 16;
    /** 2^64 divided by the golden ratio: spreads neighbours. */
    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private final int slots;
    private final int slotLength;
    private final int shift;
    private final UnsafeBuffer bytes;
    private final Table table;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer writtenKey = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer writtenValue = new UnsafeBuffer(0, 0);
    /** A bit for each slot whose row the table does not have as it is here. */
    private final long[] changed;
    /** Slots with another epoch are empty. */
    private int epoch = 1;

    /** The table behind the cache. */
    interface Table {
        /** Value of a row, valid until the table is used again; null if there is none. */
        DirectBuffer read(DirectBuffer key);

        /** Writes a row; both are valid during the call. */
        void write(DirectBuffer key, DirectBuffer value);
    }

    /**
     * An empty cache.
     *
     * @param slots a power of two, 64 or more.
     * @param slotLength bytes: 16, and a key with its value.
     */
    RowCache(int slots, int slotLength, Table table) {
        if (!BitUtil.isPowerOfTwo(slots) || slots < Long.SIZE) {
            throw new IllegalArgumentException("slots must be a power of two, 64 or more: slots=" + slots);
        }
        this.table = table;
        changed = new long[slots / Long.SIZE];
        this.slots = slots;
        this.slotLength = slotLength;
        shift = Long.numberOfLeadingZeros(slots) + 1;
        bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(slots * slotLength));
    }

    /** Value of a row, valid until the next call; null if there is none. */
    DirectBuffer get(DirectBuffer key) {
        int slot = slot(key);
        int at = slot * slotLength;
        if (holds(at, key)) {
            view.wrap(bytes, at + KEY + key.capacity(), bytes.getInt(at + VALUE_LENGTH));
            return view;
        }
        // What the table hands out does not outlive a write.
        makeRoom(slot);
        DirectBuffer value = table.read(key);
        if (value != null && fits(key, value)) {
            fill(at, key, value);
        }
        return value;
    }

    /** Notes a row that was written to the table. */
    void put(DirectBuffer key, DirectBuffer value) {
        int slot = slot(key);
        if (!fits(key, value)) {
            drop(slot, key);
        } else {
            if (!holds(slot * slotLength, key)) {
                makeRoom(slot);
            }
            fill(slot * slotLength, key, value);
        }
    }

    /** Changes a row; the table has it after {@link #flush}, or sooner. */
    void change(DirectBuffer key, DirectBuffer value) {
        put(key, value);
        if (fits(key, value)) {
            int slot = slot(key);
            changed[slot / Long.SIZE] |= 1L << slot;
        } else {
            table.write(key, value);
        }
    }

    private boolean fits(DirectBuffer key, DirectBuffer value) {
        return KEY + key.capacity() + value.capacity() <= slotLength;
    }

    private void fill(int at, DirectBuffer key, DirectBuffer value) {
        bytes.putInt(at + EPOCH, epoch);
        bytes.putInt(at + KEY_LENGTH, key.capacity());
        bytes.putInt(at + VALUE_LENGTH, value.capacity());
        bytes.putBytes(at + KEY, key, 0, key.capacity());
        bytes.putBytes(at + KEY + key.capacity(), value, 0, value.capacity());
    }

    /** The row is being deleted from the table, whether it has it or not. */
    void remove(DirectBuffer key) {
        drop(slot(key), key);
    }

    private void drop(int slot, DirectBuffer key) {
        int at = slot * slotLength;
        if (holds(at, key)) {
            bytes.putInt(at + EPOCH, 0);
            changed[slot / Long.SIZE] &= ~(1L << slot);
        }
    }

    /** Writes all rows that were changed, in the order of their slots. */
    void flush() {
        for (int i = 0; i < changed.length; i++) {
            while (changed[i] != 0) {
                write(i * Long.SIZE + Long.numberOfTrailingZeros(changed[i]));
            }
        }
    }

    private void write(int slot) {
        int at = slot * slotLength;
        int keyLength = bytes.getInt(at + KEY_LENGTH);
        writtenKey.wrap(bytes, at + KEY, keyLength);
        writtenValue.wrap(bytes, at + KEY + keyLength, bytes.getInt(at + VALUE_LENGTH));
        table.write(writtenKey, writtenValue);
        changed[slot / Long.SIZE] &= ~(1L << slot);
    }

    private void makeRoom(int slot) {
        if ((changed[slot / Long.SIZE] & 1L << slot) != 0) {
            write(slot);
        }
    }

    /** Forgets all, changes too. */
    void clear() {
        Arrays.fill(changed, 0);
        epoch++;
        if (epoch == 0) {
            bytes.setMemory(0, bytes.capacity(), (byte) 0);
            epoch = 1;
        }
    }

    private boolean holds(int at, DirectBuffer key) {
        int length = key.capacity();
        if (bytes.getInt(at + EPOCH) != epoch || bytes.getInt(at + KEY_LENGTH) != length) {
            return false;
        }
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            if (bytes.getLong(at + KEY + i) != key.getLong(i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (bytes.getByte(at + KEY + i) != key.getByte(i)) {
                return false;
            }
        }
        return true;
    }

    /** Slot for a key. Numbers that follow each other, as those of inodes made together, stand side by side. */
    private int slot(DirectBuffer key) {
        int length = key.capacity();
        if (length == Long.BYTES) {
            return (int) key.getLong(0, BIG_ENDIAN) & slots - 1;
        }
        long hash = 0;
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            hash = (hash ^ hash >>> 32) * MULTIPLIER + key.getLong(i, BIG_ENDIAN);
        }
        for (; i < length; i++) {
            hash = hash * 31 + key.getByte(i);
        }
        return (int) ((hash * MULTIPLIER) >>> shift);
    }
}

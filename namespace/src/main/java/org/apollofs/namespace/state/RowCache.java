package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Rows of a table that were read or written last, in front of it: a look here takes a tenth of one into LMDB. It says what the
 * table says under the present transaction: whoever changes the table changes the cache, and an abort clears it.
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
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    /** Slots with another epoch are empty. */
    private int epoch = 1;

    /**
     * An empty cache.
     *
     * @param slots a power of two.
     * @param slotLength bytes: 16, and a key with its value.
     */
    RowCache(int slots, int slotLength) {
        if (!BitUtil.isPowerOfTwo(slots)) {
            throw new IllegalArgumentException("slots must be a power of two: slots=" + slots);
        }
        this.slots = slots;
        this.slotLength = slotLength;
        shift = Long.numberOfLeadingZeros(slots) + 1;
        bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(slots * slotLength));
    }

    /** Value of a row, valid until the next call; null if it is not known here. */
    DirectBuffer get(DirectBuffer key) {
        int slot = slot(key);
        if (!holds(slot, key)) {
            return null;
        }
        view.wrap(bytes, slot + KEY + key.capacity(), bytes.getInt(slot + VALUE_LENGTH));
        return view;
    }

    /** Notes a row as the table has it now. */
    void put(DirectBuffer key, DirectBuffer value) {
        int slot = slot(key);
        if (KEY + key.capacity() + value.capacity() > slotLength) {
            remove(slot, key);
            return;
        }
        bytes.putInt(slot + EPOCH, epoch);
        bytes.putInt(slot + KEY_LENGTH, key.capacity());
        bytes.putInt(slot + VALUE_LENGTH, value.capacity());
        bytes.putBytes(slot + KEY, key, 0, key.capacity());
        bytes.putBytes(slot + KEY + key.capacity(), value, 0, value.capacity());
    }

    /** The table has no such row any more. */
    void remove(DirectBuffer key) {
        remove(slot(key), key);
    }

    private void remove(int slot, DirectBuffer key) {
        if (holds(slot, key)) {
            bytes.putInt(slot + EPOCH, 0);
        }
    }

    /** Forgets all. */
    void clear() {
        epoch++;
        if (epoch == 0) {
            bytes.setMemory(0, bytes.capacity(), (byte) 0);
            epoch = 1;
        }
    }

    private boolean holds(int slot, DirectBuffer key) {
        int length = key.capacity();
        if (bytes.getInt(slot + EPOCH) != epoch || bytes.getInt(slot + KEY_LENGTH) != length) {
            return false;
        }
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            if (bytes.getLong(slot + KEY + i) != key.getLong(i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (bytes.getByte(slot + KEY + i) != key.getByte(i)) {
                return false;
            }
        }
        return true;
    }

    /** Offset of the slot for a key. Numbers that follow each other, as those of inodes made together, stand side by side. */
    private int slot(DirectBuffer key) {
        int length = key.capacity();
        if (length == Long.BYTES) {
            return ((int) key.getLong(0, BIG_ENDIAN) & slots - 1) * slotLength;
        }
        long hash = 0;
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            hash = (hash ^ hash >>> 32) * MULTIPLIER + key.getLong(i, BIG_ENDIAN);
        }
        for (; i < length; i++) {
            hash = hash * 31 + key.getByte(i);
        }
        return (int) ((hash * MULTIPLIER) >>> shift) * slotLength;
    }
}

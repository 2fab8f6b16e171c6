package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * One small open-addressing table of the {@link ChunkIndex}: linear probing, removal by shifting back, so there are no
 * tombstones. It doubles alone, so no growth pauses for more than its few thousand entries.
 *
 * <pre>
 *   0        8        16      20      24     26     27          28      32
 *   +--------+--------+-------+-------+------+------+-----------+-------+
 *   |session | stripe |offset |length |index |order |stripe     |sums   |
 *   |(0 free)|        |/64 KiB|       |      |      |lengths, n |       |
 *   +--------+--------+-------+-------+------+------+-----------+-------+
 * </pre>
 *
 * {@code sums} is the checksum itself if the chunk has one only, else a name in the {@link ChecksumArena}.
 */
final class IndexSegment implements AutoCloseable {
    static final int ENTRY_LENGTH = 32;

    private static final int SESSION = 0;
    private static final int STRIPE = 8;
    private static final int OFFSET = 16;
    private static final int LENGTH = 20;
    private static final int INDEX = 24;
    private static final int ORDER = 26;
    private static final int STRIPE_LENGTH_COUNT = 27;
    private static final int SUMS = 28;
    private static final int MIN_CAPACITY = 64;

    private NativeMemory table;
    private int mask;
    private int size;

    IndexSegment() {
        table = NativeMemory.zeroed(MIN_CAPACITY * ENTRY_LENGTH);
        mask = MIN_CAPACITY - 1;
    }

    /** Spreads the bits of a name: the top ones choose the segment, the low ones the place in it. */
    static long hash(long session, long stripe, int index) {
        long h = session * 0x9E3779B97F4A7C15L;
        h = (h ^ (h >>> 32) ^ stripe) * 0xD6E8FEB86659FD93L;
        h = (h ^ (h >>> 32) ^ index) * 0xA0761D6478BD642FL;
        h = (h ^ (h >>> 29)) * 0xE7037ED1A0B428DBL;
        return h ^ (h >>> 32);
    }

    int size() {
        return size;
    }

    int capacity() {
        return mask + 1;
    }

    /** The place of a name, or the negative of (place to put it, plus one). */
    int find(long hash, long session, long stripe, int index) {
        UnsafeBuffer buffer = table.buffer();
        int slot = (int) hash & mask;
        while (true) {
            int at = slot * ENTRY_LENGTH;
            long other = buffer.getLong(at + SESSION);
            if (other == 0) {
                return -slot - 1;
            }
            if (other == session
                    && buffer.getLong(at + STRIPE) == stripe
                    && (buffer.getShort(at + INDEX) & 0xFFFF) == index) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    /** Whether a place is taken. */
    boolean isUsed(int slot) {
        return session(slot) != 0;
    }

    long session(int slot) {
        return table.buffer().getLong(slot * ENTRY_LENGTH + SESSION);
    }

    long hashAt(int slot) {
        int at = slot * ENTRY_LENGTH;
        UnsafeBuffer buffer = table.buffer();
        return hash(buffer.getLong(at + SESSION), buffer.getLong(at + STRIPE), buffer.getShort(at + INDEX) & 0xFFFF);
    }

    int length(int slot) {
        return table.buffer().getInt(slot * ENTRY_LENGTH + LENGTH);
    }

    int stripeLengthCount(int slot) {
        return table.buffer().getByte(slot * ENTRY_LENGTH + STRIPE_LENGTH_COUNT) & 0xFF;
    }

    int sums(int slot) {
        return table.buffer().getInt(slot * ENTRY_LENGTH + SUMS);
    }

    /** A view of the checksum that is kept in the entry itself. */
    void wrapSums(int slot, UnsafeBuffer view) {
        view.wrap(table.buffer(), slot * ENTRY_LENGTH + SUMS, Integer.BYTES);
    }

    /** Reads all but the checksums and stripe lengths. */
    void read(int slot, ChunkEntry entry) {
        int at = slot * ENTRY_LENGTH;
        UnsafeBuffer buffer = table.buffer();
        entry.session = buffer.getLong(at + SESSION);
        entry.stripe = buffer.getLong(at + STRIPE);
        entry.offset = (buffer.getInt(at + OFFSET) & 0xFFFF_FFFFL) << SizeClass.UNIT_SHIFT;
        entry.length = buffer.getInt(at + LENGTH);
        entry.index = buffer.getShort(at + INDEX) & 0xFFFF;
        entry.order = buffer.getByte(at + ORDER);
    }

    /** Fills a place that {@link #find} named. */
    void write(int slot, ChunkEntry entry, int stripeLengthCount, int sums) {
        int at = slot * ENTRY_LENGTH;
        UnsafeBuffer buffer = table.buffer();
        if (buffer.getLong(at + SESSION) == 0) {
            size++;
        }
        buffer.putLong(at + SESSION, entry.session);
        buffer.putLong(at + STRIPE, entry.stripe);
        buffer.putInt(at + OFFSET, (int) (entry.offset >>> SizeClass.UNIT_SHIFT));
        buffer.putInt(at + LENGTH, entry.length);
        buffer.putShort(at + INDEX, (short) entry.index);
        buffer.putByte(at + ORDER, (byte) entry.order);
        buffer.putByte(at + STRIPE_LENGTH_COUNT, (byte) stripeLengthCount);
        buffer.putInt(at + SUMS, sums);
    }

    /** Empties a place and closes the gap, so that every probe still ends at its entry. */
    void remove(int slot) {
        UnsafeBuffer buffer = table.buffer();
        int gap = slot;
        int next = (gap + 1) & mask;
        while (isUsed(next)) {
            int home = (int) hashAt(next) & mask;
            // The entry may move into the gap unless its home lies after the gap.
            if (((next - home) & mask) >= ((next - gap) & mask)) {
                buffer.putBytes(gap * ENTRY_LENGTH, buffer, next * ENTRY_LENGTH, ENTRY_LENGTH);
                gap = next;
            }
            next = (next + 1) & mask;
        }
        buffer.putLong(gap * ENTRY_LENGTH + SESSION, 0);
        size--;
    }

    /** Doubles until so many entries fill no more than three quarters. */
    void ensureRoomFor(int entries) {
        int capacity = capacity();
        while (entries > capacity - (capacity >>> 2)) {
            capacity <<= 1;
        }
        if (capacity != capacity()) {
            resize(capacity);
        }
    }

    private void resize(int capacity) {
        if ((long) capacity * ENTRY_LENGTH > Integer.MAX_VALUE) {
            throw new IllegalStateException("index segment full: entries=" + size);
        }
        NativeMemory old = table;
        int oldCapacity = capacity();
        table = NativeMemory.zeroed(capacity * ENTRY_LENGTH);
        mask = capacity - 1;
        UnsafeBuffer from = old.buffer();
        UnsafeBuffer to = table.buffer();
        for (int i = 0; i < oldCapacity; i++) {
            int at = i * ENTRY_LENGTH;
            long session = from.getLong(at + SESSION);
            if (session != 0) {
                int index = from.getShort(at + INDEX) & 0xFFFF;
                int slot = (int) hash(session, from.getLong(at + STRIPE), index) & mask;
                while (to.getLong(slot * ENTRY_LENGTH + SESSION) != 0) {
                    slot = (slot + 1) & mask;
                }
                to.putBytes(slot * ENTRY_LENGTH, from, at, ENTRY_LENGTH);
            }
        }
        old.close();
    }

    @Override
    public void close() {
        table.close();
    }
}

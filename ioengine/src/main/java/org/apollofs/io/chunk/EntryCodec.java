package org.apollofs.io.chunk;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How a chunk is written down in journal records and snapshots.
 *
 * <pre>
 *   0        8        16       24       28      30      31           32
 *   +--------+--------+--------+--------+-------+-------+------------+-------------+------------------+
 *   |session | stripe |offset  | length | index | order |stripe      | checksums   | stripe lengths   |
 *   |        |        |        |        |       |       |lengths, n  | 4 x blocks  | 4 x n            |
 *   +--------+--------+--------+--------+-------+-------+------------+-------------+------------------+
 * </pre>
 *
 * Blocks: length / 64 KiB, rounded up. All little-endian.
 */
final class EntryCodec {
    /** Bytes before the checksums. */
    static final int FIXED_LENGTH = 32;
    /** Bytes of the longest entry. */
    static final int MAX_LENGTH =
            FIXED_LENGTH + (ChunkIndex.MAX_CHECKSUMS + ChunkIndex.MAX_STRIPE_LENGTHS) * Integer.BYTES;

    private static final int SESSION = 0;
    private static final int STRIPE = 8;
    private static final int OFFSET = 16;
    private static final int LENGTH = 24;
    private static final int INDEX = 28;
    private static final int ORDER = 30;
    private static final int STRIPE_LENGTH_COUNT = 31;

    private EntryCodec() {}

    /** Bytes that an entry takes. */
    static int encodedLength(ChunkEntry entry) {
        return FIXED_LENGTH + entry.checksumCount() * Integer.BYTES + entry.stripeLengths.capacity();
    }

    /** Writes an entry. @return bytes written. */
    static int encode(UnsafeBuffer buffer, int at, ChunkEntry entry) {
        int checksumBytes = entry.checksumCount() * Integer.BYTES;
        buffer.putLong(at + SESSION, entry.session);
        buffer.putLong(at + STRIPE, entry.stripe);
        buffer.putLong(at + OFFSET, entry.offset);
        buffer.putInt(at + LENGTH, entry.length);
        buffer.putShort(at + INDEX, (short) entry.index);
        buffer.putByte(at + ORDER, (byte) entry.order);
        buffer.putByte(at + STRIPE_LENGTH_COUNT, (byte) entry.stripeLengthCount());
        buffer.putBytes(at + FIXED_LENGTH, entry.checksums, 0, checksumBytes);
        buffer.putBytes(at + FIXED_LENGTH + checksumBytes, entry.stripeLengths, 0, entry.stripeLengths.capacity());
        return FIXED_LENGTH + checksumBytes + entry.stripeLengths.capacity();
    }

    /**
     * Reads an entry; its buffers become views.
     *
     * @param available bytes from {@code at} on that may be looked at.
     * @return bytes read, or -1 if what is there is not possible: a bug of the writer, since a checksum covers it.
     */
    static int decode(DirectBuffer buffer, int at, int available, ChunkEntry entry) {
        if (available < FIXED_LENGTH) {
            return -1;
        }
        entry.session = buffer.getLong(at + SESSION);
        entry.stripe = buffer.getLong(at + STRIPE);
        entry.offset = buffer.getLong(at + OFFSET);
        entry.length = buffer.getInt(at + LENGTH);
        entry.index = buffer.getShort(at + INDEX) & 0xFFFF;
        entry.order = buffer.getByte(at + ORDER);
        int stripeBytes = (buffer.getByte(at + STRIPE_LENGTH_COUNT) & 0xFF) * Integer.BYTES;
        if (entry.session <= 0
                || entry.length < 1
                || entry.order < 0
                || entry.order > SizeClass.MAX_ORDER
                || entry.length > SizeClass.lengthOf(entry.order)) {
            return -1;
        }
        int checksumBytes = entry.checksumCount() * Integer.BYTES;
        int length = FIXED_LENGTH + checksumBytes + stripeBytes;
        if (length > available) {
            return -1;
        }
        entry.checksums.wrap(buffer, at + FIXED_LENGTH, checksumBytes);
        entry.stripeLengths.wrap(buffer, at + FIXED_LENGTH + checksumBytes, stripeBytes);
        return length;
    }
}

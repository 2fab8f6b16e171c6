package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.checksum.Crc32c;

/**
 * A record of the journal: what happened to one chunk.
 *
 * <pre>
 *   0        4        8        16       24           28     29        32
 *   +--------+--------+--------+--------+------------+------+---------+-----------------------------+
 *   | CRC32C | length |sequence|durable |generation  | type | 0       | WRITE: entry (EntryCodec)   |
 *   | of rest| of all |        |sequence|            |      |         | DELETE: session,stripe,index|
 *   +--------+--------+--------+--------+------------+------+---------+-----------------------------+
 * </pre>
 *
 * Little-endian, aligned to 32 bytes. Sequence numbers go up by one from record to record, over all generations; a MARK
 * repeats the number of the record before it. The durable sequence is the last record that was known to be durable when this one was written: if recovery finds a bad
 * record and later one that says that the bad one had been durable, the journal is damaged and not just torn.
 */
final class JournalRecord {
    /** Records begin at multiples of this. */
    static final int ALIGNMENT = 32;

    static final int HEADER_LENGTH = 32;
    /** Bytes of the longest record, aligned. */
    static final int MAX_LENGTH = align(HEADER_LENGTH + EntryCodec.MAX_LENGTH);

    /** A chunk is at a place. */
    static final byte TYPE_WRITE = 1;
    /** A chunk is gone. */
    static final byte TYPE_DELETE = 2;
    /** Nothing happened: says only what is durable. Written when the store falls idle. */
    static final byte TYPE_MARK = 3;

    private static final int CHECKSUM = 0;
    private static final int LENGTH = 4;
    private static final int SEQUENCE = 8;
    private static final int DURABLE = 16;
    private static final int GENERATION = 24;
    private static final int TYPE = 28;
    private static final int DELETE_INDEX = HEADER_LENGTH + 16;
    private static final int DELETE_LENGTH = HEADER_LENGTH + 24;

    private JournalRecord() {}

    static int align(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Writes a WRITE record. @return bytes it takes, aligned. */
    static int encodeWrite(
            UnsafeBuffer buffer, int at, long sequence, long durable, long generation, ChunkEntry entry, Crc32c crc) {
        int length = HEADER_LENGTH + EntryCodec.encode(buffer, at + HEADER_LENGTH, entry);
        return finish(buffer, at, length, sequence, durable, generation, TYPE_WRITE, crc);
    }

    /** Writes a DELETE record. @return bytes it takes, aligned. */
    static int encodeDelete(
            UnsafeBuffer buffer, int at, long sequence, long durable, long generation, ChunkEntry entry, Crc32c crc) {
        buffer.putLong(at + HEADER_LENGTH, entry.session);
        buffer.putLong(at + HEADER_LENGTH + Long.BYTES, entry.stripe);
        buffer.putLong(at + DELETE_INDEX, entry.index);
        return finish(buffer, at, DELETE_LENGTH, sequence, durable, generation, TYPE_DELETE, crc);
    }

    /** Writes a MARK record. @return bytes it takes, aligned. */
    static int encodeMark(UnsafeBuffer buffer, int at, long sequence, long durable, long generation, Crc32c crc) {
        return finish(buffer, at, HEADER_LENGTH, sequence, durable, generation, TYPE_MARK, crc);
    }

    private static int finish(
            UnsafeBuffer buffer,
            int at,
            int length,
            long sequence,
            long durable,
            long generation,
            byte type,
            Crc32c crc) {
        buffer.putInt(at + LENGTH, length);
        buffer.putLong(at + SEQUENCE, sequence);
        buffer.putLong(at + DURABLE, durable);
        buffer.putInt(at + GENERATION, (int) generation);
        buffer.putInt(at + TYPE, type);
        buffer.putInt(at + CHECKSUM, crc.compute(buffer, at + LENGTH, length - LENGTH));
        return align(length);
    }

    /** Whether a whole record of a generation begins here. */
    static boolean isIntact(UnsafeBuffer buffer, int at, long generation, Crc32c crc) {
        if (at + HEADER_LENGTH > buffer.capacity() || buffer.getInt(at + GENERATION) != (int) generation) {
            return false;
        }
        int length = buffer.getInt(at + LENGTH);
        return length >= HEADER_LENGTH
                && length <= MAX_LENGTH
                && at + length <= buffer.capacity()
                && buffer.getInt(at + CHECKSUM) == crc.compute(buffer, at + LENGTH, length - LENGTH);
    }

    /** Bytes of a whole record, aligned. */
    static int alignedLength(UnsafeBuffer buffer, int at) {
        return align(buffer.getInt(at + LENGTH));
    }

    static long sequence(UnsafeBuffer buffer, int at) {
        return buffer.getLong(at + SEQUENCE);
    }

    static long durableSequence(UnsafeBuffer buffer, int at) {
        return buffer.getLong(at + DURABLE);
    }

    static int type(UnsafeBuffer buffer, int at) {
        return buffer.getInt(at + TYPE);
    }

    /** Reads the body of a WRITE record. @return false if it makes no sense. */
    static boolean decodeWrite(UnsafeBuffer buffer, int at, ChunkEntry entry) {
        return EntryCodec.decode(buffer, at + HEADER_LENGTH, buffer.getInt(at + LENGTH) - HEADER_LENGTH, entry) > 0;
    }

    /** Reads the name in a DELETE record. @return false if it makes no sense. */
    static boolean decodeDelete(UnsafeBuffer buffer, int at, ChunkEntry entry) {
        if (buffer.getInt(at + LENGTH) != DELETE_LENGTH) {
            return false;
        }
        entry.session = buffer.getLong(at + HEADER_LENGTH);
        entry.stripe = buffer.getLong(at + HEADER_LENGTH + Long.BYTES);
        entry.index = (int) buffer.getLong(at + DELETE_INDEX);
        return true;
    }
}

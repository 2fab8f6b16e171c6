package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.checksum.Crc32c;

/**
 * The pieces a snapshot is made of, after its header: each with a checksum of its own, so that no more than one has to be in
 * memory.
 *
 * <pre>
 *   0        4        8        12       16       24                32
 *   +--------+--------+--------+--------+--------+-----------------+----------------------+
 *   | CRC32C | length | entries| block  | gener- | LAST: chunks in | entries (EntryCodec) |
 *   | of rest| of all |        | number | ation  | the snapshot    |                      |
 *   +--------+--------+--------+--------+--------+-----------------+----------------------+
 * </pre>
 *
 * Little-endian. The last block has -1 for its entries, and none: a snapshot without it is not finished.
 */
final class SnapshotBlock {
    static final int HEADER_LENGTH = 32;
    /** Longest block. */
    static final int MAX_LENGTH = 64 * 1024;
    /** In place of the number of entries, in the last block. */
    static final int LAST = -1;

    private static final int CHECKSUM = 0;
    private static final int LENGTH = 4;
    private static final int ENTRIES = 8;
    private static final int NUMBER = 12;
    private static final int GENERATION = 16;
    private static final int CHUNK_COUNT = 24;

    private SnapshotBlock() {}

    /** Writes the header around {@code length - HEADER_LENGTH} bytes of entries. */
    static void finish(
            UnsafeBuffer buffer,
            int at,
            int length,
            int entries,
            int number,
            long generation,
            long chunkCount,
            Crc32c crc) {
        buffer.putInt(at + LENGTH, length);
        buffer.putInt(at + ENTRIES, entries);
        buffer.putInt(at + NUMBER, number);
        buffer.putLong(at + GENERATION, generation);
        buffer.putLong(at + CHUNK_COUNT, chunkCount);
        buffer.putInt(at + CHECKSUM, crc.compute(buffer, at + LENGTH, length - LENGTH));
    }

    /** Whether a whole block with this number begins here. */
    static boolean isIntact(UnsafeBuffer buffer, int at, int available, int number, long generation, Crc32c crc) {
        if (available < HEADER_LENGTH) {
            return false;
        }
        int length = buffer.getInt(at + LENGTH);
        return length >= HEADER_LENGTH
                && length <= Math.min(available, MAX_LENGTH)
                && buffer.getInt(at + NUMBER) == number
                && buffer.getLong(at + GENERATION) == generation
                && buffer.getInt(at + CHECKSUM) == crc.compute(buffer, at + LENGTH, length - LENGTH);
    }

    static int length(UnsafeBuffer buffer, int at) {
        return buffer.getInt(at + LENGTH);
    }

    static int entries(UnsafeBuffer buffer, int at) {
        return buffer.getInt(at + ENTRIES);
    }

    static long chunkCount(UnsafeBuffer buffer, int at) {
        return buffer.getLong(at + CHUNK_COUNT);
    }
}

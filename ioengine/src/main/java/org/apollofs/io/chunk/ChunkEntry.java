package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the store knows of one chunk: a reusable holder that {@link ChunkIndex} and the journal's readers fill.
 *
 * <p>The buffers are views into memory of whoever filled it, valid until that changes.
 */
final class ChunkEntry {
    long session;
    long stripe;
    int index;
    /** Payload bytes. */
    int length;
    /** Bytes from the start of the data region. */
    long offset;
    /** Size class of the space. */
    int order;
    /** CRC32C of each 64 KiB block, ints in native order (little-endian). */
    final UnsafeBuffer checksums = new UnsafeBuffer(0, 0);
    /** Payload lengths of the stripe's data chunks, ints; empty for a data chunk. */
    final UnsafeBuffer stripeLengths = new UnsafeBuffer(0, 0);

    /** Blocks of {@link SizeClass#UNIT_LENGTH} that have a checksum each. */
    static int checksumCount(int length) {
        return (length + SizeClass.UNIT_LENGTH - 1) >>> SizeClass.UNIT_SHIFT;
    }

    /** Number of checksums. */
    int checksumCount() {
        return checksumCount(length);
    }

    /** Number of stripe lengths. */
    int stripeLengthCount() {
        return stripeLengths.capacity() / Integer.BYTES;
    }

    @Override
    public String toString() {
        return "session=" + session + ", stripe=" + stripe + ", index=" + index + ", offset=" + offset + ", length="
                + length + ", order=" + order;
    }
}

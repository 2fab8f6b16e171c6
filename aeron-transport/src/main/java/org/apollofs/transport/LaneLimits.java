package org.apollofs.transport;

import org.agrona.DirectBuffer;

/**
 * The bounds of a lane's messages, the same for every {@link Network}, checked before a request is sent and again when
 * it arrives. Stateless; any thread.
 */
public final class LaneLimits {
    /** Largest payload of a chunk in bytes: 16 MiB. */
    public static final int MAX_CHUNK_LENGTH = 16 * 1024 * 1024;
    /** Most data chunks of a stripe. With 4 bytes each, their lengths fit into the first fragment of a 1408 byte MTU. */
    public static final int MAX_DATA_CHUNKS = 64;
    /** Most chunks of a stripe, data and parity: the exclusive bound of a chunk's index. */
    public static final int MAX_STRIPE_CHUNKS = 256;
    /** Most names in one answer to {@link Lane#listChunks}: 80 KiB of them, so that a 1 MiB term holds the message. */
    public static final int MAX_LIST_LENGTH = 4096;
    /** Longest message of an error in bytes of UTF-8; what is longer is cut. */
    public static final int MAX_MESSAGE_LENGTH = 512;

    private LaneLimits() {}

    /** Checksum blocks of a payload of {@code length} bytes: the last may be short. */
    public static int blockCount(int length) {
        return (length + Lane.CHECKSUM_BLOCK_LENGTH - 1) / Lane.CHECKSUM_BLOCK_LENGTH;
    }

    /** Whether the three parts of a chunk's name are in range. */
    public static boolean isAddress(long session, long stripe, int index) {
        return session > 0 && stripe >= 0 && index >= 0 && index < MAX_STRIPE_CHUNKS;
    }

    /** Whether a chunk may have so many bytes of payload. */
    public static boolean isChunkLength(int length) {
        return length > 0 && length <= MAX_CHUNK_LENGTH;
    }

    /** Whether a range may be asked for: it begins inside a largest chunk and is not empty. */
    public static boolean isRange(int chunkOffset, int length) {
        return chunkOffset >= 0 && chunkOffset < MAX_CHUNK_LENGTH && isChunkLength(length);
    }

    /** Whether a buffer of stripe lengths, null for none, has whole ints and not too many. */
    public static boolean isStripeLengths(DirectBuffer stripeLengths) {
        return stripeLengths == null || isStripeLengthsLength(stripeLengths.capacity());
    }

    /** Whether {@code bytes} bytes of stripe lengths are whole ints and not too many. */
    public static boolean isStripeLengthsLength(int bytes) {
        return (bytes & 3) == 0 && bytes <= MAX_DATA_CHUNKS * Integer.BYTES;
    }

    /** @throws IllegalArgumentException if an argument of {@link Lane#writeChunk} breaks a bound: the caller's bug. */
    public static void checkWrite(
            long session,
            long stripe,
            int index,
            DirectBuffer payload,
            int offset,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        checkAddress(session, stripe, index);
        if (!isChunkLength(length) || offset < 0 || offset > payload.capacity() - length) {
            throw new IllegalArgumentException("write chunk: offset=" + offset + ", length=" + length + " (1 to "
                    + MAX_CHUNK_LENGTH + "), payload capacity=" + payload.capacity());
        }
        if (checksums.capacity() < blockCount(length) * Integer.BYTES) {
            throw new IllegalArgumentException("write chunk: length=" + length + " needs " + blockCount(length)
                    + " checksums, bytes given=" + checksums.capacity());
        }
        if (!isStripeLengths(stripeLengths)) {
            throw new IllegalArgumentException("write chunk: bytes of stripe lengths=" + stripeLengths.capacity());
        }
    }

    /** @throws IllegalArgumentException if an argument of {@link Lane#readChunk} breaks a bound: the caller's bug. */
    public static void checkRead(long session, long stripe, int index, int chunkOffset, int length) {
        checkAddress(session, stripe, index);
        if (!isRange(chunkOffset, length)) {
            throw new IllegalArgumentException("read chunk: offset=" + chunkOffset + ", length=" + length);
        }
    }

    /** @throws IllegalArgumentException if a chunk cannot have this name: the caller's bug. */
    public static void checkAddress(long session, long stripe, int index) {
        if (!isAddress(session, stripe, index)) {
            throw new IllegalArgumentException(
                    "chunk address: session=" + session + ", stripe=" + stripe + ", index=" + index);
        }
    }

    /**
     * @throws IllegalArgumentException if an argument of {@link LaneServer#chunkRead} breaks a bound: the caller's bug.
     */
    public static void checkChunkData(
            int slabCapacity,
            int slabOffset,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        boolean placed = slabOffset >= 0 && length > 0 && slabOffset <= slabCapacity - length;
        if (!placed || !isDataRange(blockOffset, length, chunkLength)) {
            throw new IllegalArgumentException("chunk read: slabOffset=" + slabOffset + ", slab capacity="
                    + slabCapacity + ", blockOffset=" + blockOffset + ", length=" + length + ", chunkLength="
                    + chunkLength);
        }
        if (checksums.capacity() < blockCount(length) * Integer.BYTES || !isStripeLengths(stripeLengths)) {
            throw new IllegalArgumentException("chunk read: length=" + length + ", bytes of checksums="
                    + checksums.capacity() + ", bytes of stripe lengths="
                    + (stripeLengths == null ? 0 : stripeLengths.capacity()));
        }
    }

    /** Whether a range of an answer begins at a block and ends at the end of a block or of the chunk. */
    public static boolean isDataRange(int blockOffset, int length, int chunkLength) {
        if (!isChunkLength(chunkLength) || length <= 0 || blockOffset < 0 || length > chunkLength - blockOffset) {
            return false;
        }
        boolean endsWhole = length % Lane.CHECKSUM_BLOCK_LENGTH == 0 || blockOffset + length == chunkLength;
        return blockOffset % Lane.CHECKSUM_BLOCK_LENGTH == 0 && endsWhole;
    }
}

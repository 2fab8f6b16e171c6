package org.apollofs.io.chunk;

import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/**
 * Answers of a {@link ChunkStore}, called inside {@link ChunkStore#doWork()} on the store's thread: exactly one for each
 * request that was taken. New requests may be offered from here. Buffers other than slabs are valid during the call only.
 *
 * <p>An exception that escapes is a bug and stops the agent.
 */
public interface ChunkStoreHandler {
    /** The chunk is durable, and visible to reads from now on. @param payload the caller's again. */
    void onWritten(long owner, long correlationId, Slab payload);

    /** The chunk is gone, durably. */
    void onDeleted(long owner, long correlationId);

    /**
     * A range of a chunk was read. Its bytes were not compared with the checksums: the receiver does that.
     *
     * @param slab as given, the caller's again, filled from its first byte on.
     * @param blockOffset offset in the chunk of the slab's first byte: a multiple of the checksum block.
     * @param length bytes in the slab.
     * @param checksums CRC32C of the blocks in the slab, little-endian ints.
     * @param chunkLength payload bytes of the whole chunk.
     * @param stripeLengths as written, or empty.
     */
    void onRead(
            long owner,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths);

    /**
     * A write or delete failed.
     *
     * @param message one line: what failed, with target, offset, length and errno where there is one.
     * @param payload the caller's again; null for a delete.
     */
    void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload);

    /** A read failed. @param message as in {@link #onWriteFailed}. @param destination the caller's again. */
    void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab destination);
}

package org.apollofs.transport;

import java.util.List;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/** Answers of a target, called on the thread that polls the {@link Lane}. Buffers are valid during the call only. */
public interface LaneHandler {
    /** The chunk is durable. */
    void onChunkWritten(int targetId, long correlationId);

    /**
     * A range of a chunk has arrived in the caller's slab, which is the caller's again. It is <em>not</em> verified
     * yet: the receiver compares it with the checksums.
     *
     * @param blockOffset offset in the chunk of the slab's first byte: a multiple of the checksum block.
     * @param length bytes in the slab.
     * @param checksums as stored with the chunk, of the blocks in the slab, little-endian ints.
     * @param chunkLength payload bytes of the whole chunk.
     * @param stripeLengths as given to {@link Lane#writeChunk}: k little-endian ints, or empty for a data chunk.
     */
    void onChunkRead(
            int targetId,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths);

    /** The chunk is gone, durably. */
    void onChunkDeleted(int targetId, long correlationId);

    /** The target's figures. */
    void onTargetStatus(int targetId, long correlationId, TargetStatus status);

    /** A page of chunk names. @param nextCursor to ask for the next page, or 0 when this was the last. */
    void onChunkList(int targetId, long correlationId, List<ChunkAddress> chunks, long nextCursor);

    /**
     * The request failed.
     *
     * @param slab the destination of a read, the caller's again; null for other requests.
     * @param message one line: what failed, with target, offset, length and errno where they are known.
     */
    void onError(int targetId, long correlationId, ErrorCode code, String message, Slab slab);
}

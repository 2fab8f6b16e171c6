package org.apollofs.dataplane.stripe;

import java.util.List;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.TargetStatus;

/**
 * Who wants the answer to a request. Called once a request, on the host agent's thread, which must not wait; buffers
 * are valid during the call only. An answer of the wrong kind is a bug of the lane.
 */
public interface RequestListener {
    /** The chunk is durable. */
    default void onChunkWritten(int targetId, int index) {
        throw new IllegalStateException("unexpected answer: chunk written, target=" + targetId + ", index=" + index);
    }

    /** A range of a chunk has come. See {@link org.apollofs.transport.LaneHandler#onChunkRead}. */
    default void onChunkRead(
            int targetId,
            int index,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        throw new IllegalStateException("unexpected answer: chunk read, target=" + targetId + ", index=" + index);
    }

    /** The chunk is gone. */
    default void onChunkDeleted(int targetId, int index) {
        throw new IllegalStateException("unexpected answer: chunk deleted, target=" + targetId + ", index=" + index);
    }

    /** The target's figures. */
    default void onTargetStatus(int targetId, TargetStatus status) {
        throw new IllegalStateException("unexpected answer: status, target=" + targetId);
    }

    /** A page of chunks. */
    default void onChunkList(int targetId, List<ChunkAddress> chunks, long nextCursor) {
        throw new IllegalStateException("unexpected answer: chunk list, target=" + targetId);
    }

    /** The request failed. */
    void onError(int targetId, int index, ErrorCode code, String message, Slab slab);
}

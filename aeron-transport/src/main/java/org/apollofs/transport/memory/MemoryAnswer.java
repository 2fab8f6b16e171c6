package org.apollofs.transport.memory;

import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.TargetStatus;

/** What a target says to a request, copied. */
sealed interface MemoryAnswer {
    /** The request that is answered. */
    long requestId();

    /** A write or delete is done. */
    record Done(long requestId) implements MemoryAnswer {}

    /** A range of a chunk. */
    record Data(
            long requestId,
            UnsafeBuffer payload,
            int blockOffset,
            UnsafeBuffer checksums,
            int chunkLength,
            UnsafeBuffer stripeLengths)
            implements MemoryAnswer {}

    /** The target's figures. */
    record Status(long requestId, TargetStatus status) implements MemoryAnswer {}

    /** A page of chunks. */
    record Chunks(long requestId, List<ChunkAddress> chunks, long nextCursor) implements MemoryAnswer {}

    /** A failure. */
    record Failed(long requestId, ErrorCode code, String message) implements MemoryAnswer {}
}

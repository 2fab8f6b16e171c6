package org.apollofs.transport;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.List;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/**
 * The target's end of all lanes to it: polls requests for a {@link RequestHandler} and takes its answers.
 *
 * <p>One thread, the target's, calls everything here. Answers never wait: a negative status is tried again in a later
 * duty cycle.
 */
@CheckReturnValue
public interface LaneServer extends AutoCloseable {
    /** Receives requests, up to the handler's room. @return work done. */
    int poll();

    /**
     * Answers a write. Gives the host its credit back.
     *
     * @param laneId as given with the request.
     * @return {@link Lane#SENT} or a negative status; {@link Lane#CLOSED} when the host is gone, and the answer moot.
     */
    long chunkWritten(long laneId, long correlationId);

    /**
     * Answers a read with bytes of a slab, which stays the caller's. See {@link LaneHandler#onChunkRead}. After
     * {@link Lane#BACK_PRESSURED} a part of a large answer may be on its way: come again with the same bytes.
     */
    long chunkRead(
            long laneId,
            long correlationId,
            Slab slab,
            int slabOffset,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths);

    /** Answers a delete. */
    long chunkDeleted(long laneId, long correlationId);

    /** Answers a status query. */
    long targetStatus(long laneId, long correlationId, TargetStatus status);

    /** Answers a list request. */
    long chunkList(long laneId, long correlationId, List<ChunkAddress> chunks, long nextCursor);

    /** Answers any request with a failure. */
    long error(long laneId, long correlationId, ErrorCode code, String message);

    @Override
    void close();
}

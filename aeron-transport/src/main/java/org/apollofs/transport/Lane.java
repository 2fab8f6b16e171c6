package org.apollofs.transport;

import com.google.errorprone.annotations.CheckReturnValue;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/**
 * The host's end of a connection to one target: chunk requests go out, answers come to a {@link LaneHandler}.
 *
 * <p>Requests may be made by any thread and never wait: the status says {@link #BACK_PRESSURED} when the lane or the
 * target's credit is full, and the caller, in the end the FUSE worker, tries again. Payload is copied into the lane
 * before the call returns, so the caller keeps its buffers. {@link #poll()} is called by one thread, the lane's owner,
 * on which the handler is called too. Every accepted request is answered exactly once, by its {@code onX} or by
 * {@code onError}; if the peer dies, by {@code onError} with {@link ErrorCode#UNREACHABLE}.
 */
@CheckReturnValue
public interface Lane extends AutoCloseable {
    /** The request was taken. */
    long SENT = 1;
    /** No room in the lane or no credit at the target: try again later. */
    long BACK_PRESSURED = -1;
    /** Not connected (yet, or again): try again later, up to the caller's deadline. */
    long NOT_CONNECTED = -2;
    /** Closed, or refused by the peer: final. */
    long CLOSED = -3;

    /** Bytes of payload under one CRC32C; the last block of a chunk may be shorter. */
    int CHECKSUM_BLOCK_LENGTH = 64 * 1024;

    /**
     * Asks the target to make a chunk durable.
     *
     * <p>A chunk larger than one message of the lane goes in parts. When the lane is full between two of them the
     * status is {@link #BACK_PRESSURED} too, and the call made again with the same correlation id and the same arguments
     * goes on where it stopped; if it is never made again, the lane takes the beginning back.
     *
     * @param correlationId chosen by the caller, unique among its unanswered requests on this lane.
     * @param payload holds the chunk's bytes; may be reused when the call returns.
     * @param length bytes of payload, 1 to the chunk length of the profile.
     * @param checksums CRC32C of each {@link #CHECKSUM_BLOCK_LENGTH} block as little-endian ints.
     * @param stripeLengths for a parity chunk: the payload length of each of the k data chunks, as little-endian ints
     *     (0 where the stripe has none); null for a data chunk. The target keeps them with the chunk.
     * @return {@link #SENT} or a negative status.
     */
    long writeChunk(
            long correlationId,
            long session,
            long stripe,
            int index,
            DirectBuffer payload,
            int offset,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths);

    /**
     * Asks for a range of a chunk. The answer comes in whole checksum blocks: it starts at {@code chunkOffset} rounded
     * down to a block and ends at the end of a block or chunk.
     *
     * @param chunkOffset first byte wanted.
     * @param length bytes wanted; the answer is cut at the end of the chunk.
     * @param destination receives the blocks from its first byte on, and belongs to the lane until the answer.
     * @return {@link #SENT} or a negative status, upon which the caller keeps the slab.
     */
    long readChunk(
            long correlationId, long session, long stripe, int index, int chunkOffset, int length, Slab destination);

    /** Asks the target to delete a chunk durably. Deleting what is absent succeeds. */
    long deleteChunk(long correlationId, long session, long stripe, int index);

    /** Asks for the target's {@link TargetStatus}. */
    long queryStatus(long correlationId);

    /**
     * Asks for the names of chunks the target holds: up to a page of them, in the target's own order.
     *
     * @param cursor 0 to begin, then what {@link LaneHandler#onChunkList} gave.
     */
    long listChunks(long correlationId, long cursor);

    /** Does what is to be done, calling the handler: answers, reconnects, time-outs. Owner thread only. */
    int poll();

    /** Whether requests have a chance now. */
    boolean isConnected();

    /** The target at the other end. */
    int targetId();

    @Override
    void close();
}

package org.apollofs.transport;

import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/**
 * What a target does with requests. Called on the thread that polls the {@link LaneServer}; buffers other than slabs are
 * valid during the call only.
 */
public interface RequestHandler {
    /**
     * Lends a slab for a chunk that begins to arrive. Credit makes sure that there is one.
     *
     * @return a slab of at least {@code length} bytes, or null when none is free: the lane then leaves the message where
     *     it is and tries again in a later poll.
     */
    Slab acquireSlab(int length);

    /**
     * A chunk has arrived whole in the slab, which is the handler's now. Not verified yet.
     *
     * @param checksums and {@code stripeLengths}: see {@link Lane#writeChunk}; empty where absent. Copy them.
     */
    void onWriteChunk(
            long laneId,
            long correlationId,
            long session,
            long stripe,
            int index,
            Slab payload,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths);

    /** A range of a chunk is wanted. */
    void onReadChunk(
            long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length);

    /** A chunk is to be deleted. */
    void onDeleteChunk(long laneId, long correlationId, long session, long stripe, int index);

    /** Figures are wanted. */
    void onQueryStatus(long laneId, long correlationId);

    /** A page of chunk names is wanted. */
    void onListChunks(long laneId, long correlationId, long cursor);
}

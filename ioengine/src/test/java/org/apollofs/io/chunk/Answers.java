package org.apollofs.io.chunk;

import java.util.HashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/** Keeps the answers of a store by correlation id, and gives slabs back. */
final class Answers implements ChunkStoreHandler {
    /** One answer; {@code bytes} and the rest of a read only. */
    record Answer(
            String kind,
            ChunkStatus status,
            String message,
            byte[] bytes,
            int blockOffset,
            int chunkLength,
            byte[] checksums,
            byte[] stripeLengths) {}

    final Map<Long, Answer> byId = new HashMap<>();

    private void add(long correlationId, Answer answer) {
        if (byId.put(correlationId, answer) != null) {
            throw new IllegalStateException("answered twice: " + correlationId);
        }
    }

    @Override
    public void onWritten(long owner, long correlationId, Slab payload) {
        payload.release();
        add(correlationId, new Answer("written", null, null, null, 0, 0, null, null));
    }

    @Override
    public void onDeleted(long owner, long correlationId) {
        add(correlationId, new Answer("deleted", null, null, null, 0, 0, null, null));
    }

    @Override
    public void onRead(
            long owner,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        byte[] bytes = bytes(slab.buffer(), length);
        slab.release();
        add(
                correlationId,
                new Answer(
                        "read",
                        null,
                        null,
                        bytes,
                        blockOffset,
                        chunkLength,
                        bytes(checksums, checksums.capacity()),
                        bytes(stripeLengths, stripeLengths.capacity())));
    }

    @Override
    public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
        onWriteFailed(owner, correlationId, status, message, slab);
    }

    @Override
    public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
        if (slab != null) {
            slab.release();
        }
        add(correlationId, new Answer("failed", status, message, null, 0, 0, null, null));
    }

    private static byte[] bytes(DirectBuffer buffer, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}

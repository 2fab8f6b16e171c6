package org.apollofs.transport;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;

/** Keeps every answer under its correlation id, and says when a request is answered twice. */
public final class RecordingHost implements LaneHandler {
    /** An answer. Bytes are copies. */
    public record Answer(
            String kind,
            ErrorCode code,
            String message,
            Slab slab,
            byte[] payload,
            int blockOffset,
            byte[] checksums,
            int chunkLength,
            byte[] stripeLengths,
            TargetStatus status,
            List<ChunkAddress> chunks,
            long nextCursor) {}

    public final Map<Long, Answer> answers = new ConcurrentHashMap<>();
    public final AtomicInteger answeredTwice = new AtomicInteger();

    private void put(long correlationId, Answer answer) {
        if (answers.put(correlationId, answer) != null) {
            answeredTwice.incrementAndGet();
        }
    }

    private static Answer plain(String kind) {
        return new Answer(kind, null, null, null, null, 0, null, 0, null, null, null, 0);
    }

    @Override
    public void onChunkWritten(int targetId, long correlationId) {
        put(correlationId, plain("written"));
    }

    @Override
    public void onChunkRead(
            int targetId,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        put(
                correlationId,
                new Answer(
                        "read",
                        null,
                        null,
                        slab,
                        bytes(slab.buffer(), length),
                        blockOffset,
                        bytes(checksums, checksums.capacity()),
                        chunkLength,
                        bytes(stripeLengths, stripeLengths.capacity()),
                        null,
                        null,
                        0));
    }

    @Override
    public void onChunkDeleted(int targetId, long correlationId) {
        put(correlationId, plain("deleted"));
    }

    @Override
    public void onTargetStatus(int targetId, long correlationId, TargetStatus status) {
        put(correlationId, new Answer("status", null, null, null, null, 0, null, 0, null, status, null, 0));
    }

    @Override
    public void onChunkList(int targetId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
        put(
                correlationId,
                new Answer("list", null, null, null, null, 0, null, 0, null, null, List.copyOf(chunks), nextCursor));
    }

    @Override
    public void onError(int targetId, long correlationId, ErrorCode code, String message, Slab slab) {
        put(correlationId, new Answer("error", code, message, slab, null, 0, null, 0, null, null, null, 0));
    }

    static byte[] bytes(DirectBuffer buffer, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }
}

package org.apollofs.transport.memory;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.TargetStatus;

/** The target's end. Lanes attach from their own threads; all else is called by the target's thread. */
final class MemoryServer implements LaneServer {
    private static final int MESSAGE_LIMIT = 16;

    private final InMemoryNetwork network;
    private final int targetId;
    private final int creditChunks;
    private final RequestHandler handler;
    private final List<MemoryConnection> connections = new CopyOnWriteArrayList<>();
    private final AtomicLong nextLaneId = new AtomicLong(1);
    private volatile boolean closed;

    MemoryServer(InMemoryNetwork network, int targetId, int creditChunks, RequestHandler handler) {
        this.network = network;
        this.targetId = targetId;
        this.creditChunks = creditChunks;
        this.handler = handler;
    }

    /** @return a new connection, or null if the server is closed. Any thread. */
    synchronized MemoryConnection attach() {
        if (closed) {
            return null;
        }
        MemoryConnection connection = new MemoryConnection(nextLaneId.getAndIncrement());
        connections.add(connection);
        shareCredit();
        return connection;
    }

    synchronized void disconnectAll() {
        connections.forEach(connection -> connection.open = false);
        connections.clear();
    }

    private synchronized void detach(MemoryConnection connection) {
        connections.remove(connection);
        shareCredit();
    }

    private void shareCredit() {
        int share = Math.max(1, creditChunks / Math.max(1, connections.size()));
        connections.forEach(connection -> connection.chunkCredit = share);
    }

    @Override
    public int poll() {
        int work = 0;
        for (MemoryConnection connection : connections) {
            if (!connection.open) {
                detach(connection);
                continue;
            }
            for (int i = 0; i < MESSAGE_LIMIT && connection.open && pollOne(connection); i++) {
                work++;
            }
        }
        return work;
    }

    private boolean pollOne(MemoryConnection connection) {
        MemoryRequest request = connection.requests.peek();
        if (request == null) {
            return false;
        }
        Slab slab = null;
        if (request.kind == MemoryRequest.Kind.WRITE) {
            slab = handler.acquireSlab(request.length);
            if (slab == null) {
                return false;
            }
            slab.buffer().putBytes(0, request.payload, 0, request.length);
        }
        connection.requests.remove();
        connection.unanswered.add(request.requestId);
        dispatch(connection.laneId, request, slab);
        return true;
    }

    private void dispatch(long laneId, MemoryRequest r, Slab slab) {
        switch (r.kind) {
            case WRITE ->
                handler.onWriteChunk(
                        laneId,
                        r.requestId,
                        r.session,
                        r.stripe,
                        r.index,
                        slab,
                        r.length,
                        r.checksums,
                        r.stripeLengths);
            case READ ->
                handler.onReadChunk(laneId, r.requestId, r.session, r.stripe, r.index, r.chunkOffset, r.length);
            case DELETE -> handler.onDeleteChunk(laneId, r.requestId, r.session, r.stripe, r.index);
            case STATUS -> handler.onQueryStatus(laneId, r.requestId);
            case LIST -> handler.onListChunks(laneId, r.requestId, r.cursor);
        }
    }

    @Override
    public long chunkWritten(long laneId, long correlationId) {
        return answer(laneId, new MemoryAnswer.Done(correlationId));
    }

    @Override
    public long chunkRead(
            long laneId,
            long correlationId,
            Slab slab,
            int slabOffset,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        LaneLimits.checkChunkData(
                slab.capacity(), slabOffset, blockOffset, length, checksums, chunkLength, stripeLengths);
        return answer(
                laneId,
                new MemoryAnswer.Data(
                        correlationId,
                        copy(slab.buffer(), slabOffset, length),
                        blockOffset,
                        copy(checksums, 0, LaneLimits.blockCount(length) * Integer.BYTES),
                        chunkLength,
                        copyAll(stripeLengths)));
    }

    @Override
    public long chunkDeleted(long laneId, long correlationId) {
        return answer(laneId, new MemoryAnswer.Done(correlationId));
    }

    @Override
    public long targetStatus(long laneId, long correlationId, TargetStatus status) {
        return answer(laneId, new MemoryAnswer.Status(correlationId, status));
    }

    @Override
    public long chunkList(long laneId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
        if (chunks.size() > LaneLimits.MAX_LIST_LENGTH) {
            throw new IllegalArgumentException("chunk list: target=" + targetId + ", count=" + chunks.size());
        }
        return answer(laneId, new MemoryAnswer.Chunks(correlationId, List.copyOf(chunks), nextCursor));
    }

    @Override
    public long error(long laneId, long correlationId, ErrorCode code, String message) {
        return answer(laneId, new MemoryAnswer.Failed(correlationId, code, message));
    }

    private long answer(long laneId, MemoryAnswer answer) {
        for (MemoryConnection connection : connections) {
            if (connection.laneId == laneId && connection.open) {
                if (!connection.unanswered.remove(answer.requestId())) {
                    throw new IllegalStateException("answered twice or never asked: target=" + targetId + ", lane="
                            + laneId + ", correlationId=" + answer.requestId());
                }
                connection.answers.add(answer);
                return Lane.SENT;
            }
        }
        return Lane.CLOSED;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            disconnectAll();
        }
        network.remove(targetId, this);
    }

    static UnsafeBuffer copyAll(DirectBuffer buffer) {
        return buffer == null ? new UnsafeBuffer(0, 0) : copy(buffer, 0, buffer.capacity());
    }

    static UnsafeBuffer copy(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return new UnsafeBuffer(bytes);
    }
}

package org.apollofs.transport.memory;

import static org.apollofs.transport.memory.MemoryServer.copy;
import static org.apollofs.transport.memory.MemoryServer.copyAll;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneLimits;

/** The host's end. Requests come from any thread; the owner polls. The lock guards the tables and is never held in a callback. */
final class MemoryLane implements Lane {
    private final InMemoryNetwork network;
    private final int targetId;
    private final LaneHandler handler;
    private final Object lock = new Object();
    private final Map<Long, MemoryRequest> unanswered = new LinkedHashMap<>();
    private final Set<Long> correlationIds = new HashSet<>();
    private final List<MemoryRequest> failing = new ArrayList<>();
    private long nextRequestId = 1;
    private volatile MemoryConnection connection;
    private volatile boolean closed;

    MemoryLane(InMemoryNetwork network, int targetId, LaneHandler handler) {
        this.network = network;
        this.targetId = targetId;
        this.handler = handler;
    }

    @Override
    public long writeChunk(
            long correlationId,
            long session,
            long stripe,
            int index,
            DirectBuffer payload,
            int offset,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        LaneLimits.checkWrite(session, stripe, index, payload, offset, length, checksums, stripeLengths);
        return send(MemoryRequest.Kind.WRITE, correlationId, request -> {
            request.address(session, stripe, index);
            request.length = length;
            request.payload = copy(payload, offset, length);
            request.checksums = copy(checksums, 0, LaneLimits.blockCount(length) * Integer.BYTES);
            request.stripeLengths = copyAll(stripeLengths);
        });
    }

    @Override
    public long readChunk(
            long correlationId, long session, long stripe, int index, int chunkOffset, int length, Slab destination) {
        LaneLimits.checkRead(session, stripe, index, chunkOffset, length);
        return send(MemoryRequest.Kind.READ, correlationId, request -> {
            request.address(session, stripe, index);
            request.chunkOffset = chunkOffset;
            request.length = length;
            request.destination = destination;
        });
    }

    @Override
    public long deleteChunk(long correlationId, long session, long stripe, int index) {
        LaneLimits.checkAddress(session, stripe, index);
        return send(MemoryRequest.Kind.DELETE, correlationId, request -> request.address(session, stripe, index));
    }

    @Override
    public long queryStatus(long correlationId) {
        return send(MemoryRequest.Kind.STATUS, correlationId, request -> {});
    }

    @Override
    public long listChunks(long correlationId, long cursor) {
        return send(MemoryRequest.Kind.LIST, correlationId, request -> request.cursor = cursor);
    }

    private interface Filler {
        void fill(MemoryRequest request);
    }

    private long send(MemoryRequest.Kind kind, long correlationId, Filler filler) {
        MemoryConnection current = connection;
        if (closed) {
            return CLOSED;
        }
        if (current == null || !current.open) {
            return NOT_CONNECTED;
        }
        if (!current.tryTakeCredit(kind)) {
            return BACK_PRESSURED;
        }
        long deadlineNs = network.nowNs() + network.requestTimeoutNs();
        synchronized (lock) {
            if (!correlationIds.add(correlationId)) {
                current.giveCredit(kind);
                throw new IllegalArgumentException(
                        "correlation id in use: target=" + targetId + ", correlationId=" + correlationId);
            }
            MemoryRequest request = new MemoryRequest(kind, nextRequestId++, correlationId, current, deadlineNs);
            filler.fill(request);
            unanswered.put(request.requestId, request);
            current.requests.add(request);
        }
        return SENT;
    }

    @Override
    public int poll() {
        int work = connectIfNeeded();
        work += failLostAndLate();
        MemoryConnection current = connection;
        if (current != null) {
            MemoryAnswer answer;
            while (current.open && (answer = current.answers.poll()) != null) {
                onAnswer(answer);
                work++;
            }
        }
        return work;
    }

    private int connectIfNeeded() {
        MemoryConnection current = connection;
        if (closed || (current != null && current.open)) {
            return 0;
        }
        MemoryServer server = network.reachable(targetId);
        connection = server == null ? null : server.attach();
        return connection == null && current == null ? 0 : 1;
    }

    /** What a broken connection has taken with it fails now; what is late fails, but its credit stays at the target. */
    private int failLostAndLate() {
        long nowNs = network.nowNs();
        synchronized (lock) {
            for (MemoryRequest request : unanswered.values()) {
                boolean lost = request.connection != connection || closed;
                if (lost || (!request.expired && nowNs - request.deadlineNs >= 0)) {
                    failing.add(request);
                } else if (nowNs - request.deadlineNs >= network.requestTimeoutNs()) {
                    // Twice the deadline: the target will not answer any more. Begin anew, with fresh credit.
                    request.connection.open = false;
                }
            }
            failing.removeIf(request -> {
                boolean told = request.expired;
                if (request.connection != connection || closed) {
                    unanswered.remove(request.requestId);
                }
                if (!told) {
                    request.expired = true;
                    correlationIds.remove(request.correlationId);
                }
                return told;
            });
        }
        int work = failing.size();
        for (int i = 0; i < work; i++) {
            MemoryRequest request = failing.get(i);
            boolean late = request.connection == connection && !closed;
            String why = late ? "no answer before the deadline" : "connection lost";
            fail(request, ErrorCode.UNREACHABLE, why + ": target=" + targetId);
        }
        failing.clear();
        return work;
    }

    private void onAnswer(MemoryAnswer answer) {
        MemoryRequest request;
        synchronized (lock) {
            request = unanswered.remove(answer.requestId());
            if (request == null) {
                return;
            }
            request.connection.giveCredit(request.kind);
            if (request.expired) {
                return;
            }
            correlationIds.remove(request.correlationId);
        }
        switch (answer) {
            case MemoryAnswer.Done done -> {
                if (request.kind == MemoryRequest.Kind.WRITE) {
                    handler.onChunkWritten(targetId, request.correlationId);
                } else {
                    handler.onChunkDeleted(targetId, request.correlationId);
                }
            }
            case MemoryAnswer.Data data -> onData(request, data);
            case MemoryAnswer.Status status -> handler.onTargetStatus(targetId, request.correlationId, status.status());
            case MemoryAnswer.Chunks list ->
                handler.onChunkList(targetId, request.correlationId, list.chunks(), list.nextCursor());
            case MemoryAnswer.Failed failed -> fail(request, failed.code(), failed.message());
        }
    }

    private void onData(MemoryRequest request, MemoryAnswer.Data data) {
        int length = data.payload().capacity();
        if (length > request.destination.capacity()) {
            String message = "range does not fit into the slab: target=" + targetId + ", length=" + length + ", slab="
                    + request.destination.capacity();
            fail(request, ErrorCode.INVALID, message);
            return;
        }
        request.destination.buffer().putBytes(0, data.payload(), 0, length);
        handler.onChunkRead(
                targetId,
                request.correlationId,
                request.destination,
                data.blockOffset(),
                length,
                data.checksums(),
                data.chunkLength(),
                data.stripeLengths());
    }

    private void fail(MemoryRequest request, ErrorCode code, String message) {
        handler.onError(targetId, request.correlationId, code, message, request.destination);
    }

    @Override
    public boolean isConnected() {
        MemoryConnection current = connection;
        return !closed && current != null && current.open;
    }

    @Override
    public int targetId() {
        return targetId;
    }

    /** Fails what is unanswered, on the owner's thread. */
    @Override
    public void close() {
        closed = true;
        MemoryConnection current = connection;
        if (current != null) {
            current.open = false;
        }
        failLostAndLate();
    }
}

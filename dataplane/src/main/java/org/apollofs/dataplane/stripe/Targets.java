package org.apollofs.dataplane.stripe;

import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.NanoClock;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.Network;
import org.apollofs.transport.TargetStatus;

/**
 * A host's lanes to all targets, their health, and its unanswered requests.
 *
 * <p>Requests come from any thread and never wait; {@link #poll()} belongs to the host agent, on whose thread the
 * listeners are called. Owns the lanes; closed by the client, after which every request has been answered.
 */
public final class Targets implements LaneHandler, AutoCloseable {
    /** More than the chunks that fit in any slab pool of a host: the table is never what limits. */
    private static final int REQUEST_CAPACITY = 16 * 1024;

    /** The answer has been noted already; its absence needs no care. */
    private static final RequestListener IGNORE = new RequestListener() {
        @Override
        public void onTargetStatus(int targetId, TargetStatus status) {
            // Noted by the table of targets.
        }

        @Override
        public void onError(int targetId, int index, ErrorCode code, String message, Slab slab) {
            // Counted; the figures stay as they were.
        }
    };

    /** One target. */
    private static final class Target {
        final Lane lane;
        final TargetHealth health;
        volatile TargetStatus status;

        Target(Lane lane, TargetHealth health) {
            this.lane = lane;
            this.health = health;
        }
    }

    private final long session;
    private final Int2ObjectHashMap<Target> byId = new Int2ObjectHashMap<>();
    private final Target[] targets;
    private final RequestTable requests = new RequestTable(REQUEST_CAPACITY);
    private final DataCounters counters;

    /** Opens the lanes. @param clock of health and back-off. */
    public Targets(Network network, long session, int[] targetIds, NanoClock clock, DataCounters counters) {
        this.session = session;
        this.counters = counters;
        this.targets = new Target[targetIds.length];
        for (int i = 0; i < targetIds.length; i++) {
            Lane lane = network.connect(targetIds[i], session, this);
            targets[i] = new Target(lane, new TargetHealth(targetIds[i], clock));
            byId.put(targetIds[i], targets[i]);
        }
    }

    /** The writer session under which this host names its stripes. */
    public long session() {
        return session;
    }

    /** Health of a target, or null if the site has none of this id. */
    public TargetHealth health(int targetId) {
        Target target = byId.get(targetId);
        return target == null ? null : target.health;
    }

    /** Whether a target's lane is connected. */
    public boolean isConnected(int targetId) {
        Target target = byId.get(targetId);
        return target != null && target.lane.isConnected();
    }

    /** Whether to ask a target first for a chunk. */
    boolean isReadable(int targetId) {
        Target target = byId.get(targetId);
        return target != null && target.health.isReadable();
    }

    /**
     * The site knows that a target will not come: what it holds counts as lost until it connects all the same. Any thread.
     *
     * @param why for messages.
     */
    public void leaveOut(int targetId, String why) {
        Target target = byId.get(targetId);
        if (target != null) {
            target.health.onGone(why);
        }
    }

    /** Whether it is known that a target will not come, or the site has none of this id. */
    public boolean isGone(int targetId) {
        Target target = byId.get(targetId);
        return target == null || target.health.isGone();
    }

    /** How many of some targets, but for one, have given a sign since a time. */
    int answeredSince(int[] targetIds, int except, long timeNs) {
        int count = 0;
        for (int targetId : targetIds) {
            Target target = byId.get(targetId);
            if (targetId != except && target != null && target.health.hasAnsweredSince(timeNs)) {
                count++;
            }
        }
        return count;
    }

    /** Whether a new chunk can go to a target. */
    Usability usability(int targetId) {
        Target target = byId.get(targetId);
        return target == null ? Usability.DOWN : target.health.usability();
    }

    /** A target in words, for messages. */
    String describe(int targetId) {
        Target target = byId.get(targetId);
        return target == null ? "target " + targetId + " unknown" : target.health.toString();
    }

    /** A worker has waited for an answer in vain. */
    void onSilence(int targetId, String message) {
        byId.get(targetId).health.onFailure(ErrorCode.UNREACHABLE, message);
    }

    /** The latest figures of a target, or null if it never gave any. */
    public TargetStatus status(int targetId) {
        return byId.get(targetId).status;
    }

    /** Ids of all targets. */
    public int[] ids() {
        int[] ids = new int[targets.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = targets[i].lane.targetId();
        }
        return ids;
    }

    /**
     * Takes the slot of a chunk write: the id under which {@link #writeChunk} is called until it is sent, since a lane may
     * take a chunk in parts.
     *
     * @return the slot, or null when all are in use: back-pressure.
     */
    public Request beginWrite(RequestListener listener, int index) {
        return requests.tryAcquire(listener, index);
    }

    /** A write that was begun is not called again. */
    public void abandonWrite(Request request) {
        requests.release(request);
    }

    /**
     * As {@link Lane#writeChunk}, in this host's session.
     *
     * @param request of {@link #beginWrite}; the caller's still if the status is BACK_PRESSURED, and else no more.
     * @return a status of {@link Lane}.
     */
    long writeChunk(
            int targetId,
            Request request,
            long stripe,
            DirectBuffer payload,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        return writeChunk(targetId, request, session, stripe, payload, length, checksums, stripeLengths);
    }

    /** As above, of a stripe of any session: for what is written back under its own name. */
    public long writeChunk(
            int targetId,
            Request request,
            long chunkSession,
            long stripe,
            DirectBuffer payload,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        Target target = byId.get(targetId);
        long status = target == null
                ? Lane.CLOSED
                : target.lane.writeChunk(
                        request.correlationId,
                        chunkSession,
                        stripe,
                        request.index,
                        payload,
                        0,
                        length,
                        checksums,
                        stripeLengths);
        return status == Lane.BACK_PRESSURED ? status : sent(request, status);
    }

    /** As {@link Lane#readChunk}. @return a status of {@link Lane}. */
    public long readChunk(
            int targetId,
            RequestListener listener,
            long chunkSession,
            long stripe,
            int index,
            int chunkOffset,
            int length,
            Slab slab) {
        Target target = byId.get(targetId);
        if (target == null) {
            return Lane.CLOSED;
        }
        Request request = requests.tryAcquire(listener, index);
        if (request == null) {
            return Lane.BACK_PRESSURED;
        }
        return sent(
                request,
                target.lane.readChunk(request.correlationId, chunkSession, stripe, index, chunkOffset, length, slab));
    }

    /** As {@link Lane#deleteChunk}. @return a status of {@link Lane}. */
    public long deleteChunk(int targetId, RequestListener listener, long chunkSession, long stripe, int index) {
        Target target = byId.get(targetId);
        if (target == null) {
            return Lane.CLOSED;
        }
        Request request = requests.tryAcquire(listener, index);
        return request == null
                ? Lane.BACK_PRESSURED
                : sent(request, target.lane.deleteChunk(request.correlationId, chunkSession, stripe, index));
    }

    /** As {@link Lane#listChunks}. @return a status of {@link Lane}. */
    public long listChunks(int targetId, RequestListener listener, long cursor) {
        Target target = byId.get(targetId);
        if (target == null) {
            return Lane.CLOSED;
        }
        Request request = requests.tryAcquire(listener, 0);
        return request == null
                ? Lane.BACK_PRESSURED
                : sent(request, target.lane.listChunks(request.correlationId, cursor));
    }

    /** Asks all targets for their figures; {@link #status} has them soon. A target that has no room is left out. */
    public void queryStatus() {
        for (Target target : targets) {
            Request request = requests.tryAcquire(IGNORE, 0);
            if (request != null) {
                long status = sent(request, target.lane.queryStatus(request.correlationId));
                if (status == Lane.CLOSED) {
                    target.status = null;
                    target.health.onGone("it has refused this host");
                }
            }
        }
    }

    /** Requests that were begun, ever, those of {@link #queryStatus} too. Any thread. */
    public long requestCount() {
        return requests.takenCount();
    }

    /** Whether all requests are answered, and all lanes are as they will stay by themselves. Any thread. */
    public boolean areQuiet() {
        if (!requests.isEmpty()) {
            return false;
        }
        for (Target target : targets) {
            if (!target.health.isConnected() && !target.health.isGone()) {
                return false;
            }
        }
        return true;
    }

    /** Whether every target that is not gone has told its figures. */
    public boolean hasAllStatus() {
        for (Target target : targets) {
            if (target.status == null && !target.health.isGone()) {
                return false;
            }
        }
        return true;
    }

    /** Whether all lanes are connected. */
    public boolean areConnected() {
        return connectedCount() == targets.length;
    }

    /** How many lanes are connected. */
    public int connectedCount() {
        int count = 0;
        for (Target target : targets) {
            count += target.health.isConnected() ? 1 : 0;
        }
        return count;
    }

    private long sent(Request request, long status) {
        if (status != Lane.SENT) {
            requests.release(request);
        }
        return status;
    }

    /** Polls all lanes. Host agent only. @return work done. */
    public int poll() {
        int work = 0;
        for (Target target : targets) {
            work += target.lane.poll();
            target.health.onConnected(target.lane.isConnected());
        }
        return work;
    }

    @Override
    public void onChunkWritten(int targetId, long correlationId) {
        byId.get(targetId).health.onWritten();
        Request request = requests.find(correlationId);
        if (request == null) {
            counters.strayAnswers.increment();
            return;
        }
        RequestListener listener = request.listener;
        int index = request.index;
        requests.release(request);
        listener.onChunkWritten(targetId, index);
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
        byId.get(targetId).health.onAnswer();
        Request request = requests.find(correlationId);
        if (request == null) {
            counters.strayAnswers.increment();
            return;
        }
        RequestListener listener = request.listener;
        int index = request.index;
        requests.release(request);
        listener.onChunkRead(targetId, index, slab, blockOffset, length, checksums, chunkLength, stripeLengths);
    }

    @Override
    public void onChunkDeleted(int targetId, long correlationId) {
        TargetHealth health = byId.get(targetId).health;
        health.onAnswer();
        health.onSpaceFreed();
        Request request = requests.find(correlationId);
        if (request == null) {
            counters.strayAnswers.increment();
            return;
        }
        RequestListener listener = request.listener;
        int index = request.index;
        requests.release(request);
        listener.onChunkDeleted(targetId, index);
    }

    @Override
    public void onTargetStatus(int targetId, long correlationId, TargetStatus status) {
        Target target = byId.get(targetId);
        target.status = status;
        target.health.onSign();
        Request request = requests.find(correlationId);
        if (request == null) {
            counters.strayAnswers.increment();
            return;
        }
        RequestListener listener = request.listener;
        requests.release(request);
        listener.onTargetStatus(targetId, status);
    }

    @Override
    public void onChunkList(int targetId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
        Request request = requests.find(correlationId);
        if (request == null) {
            counters.strayAnswers.increment();
            return;
        }
        RequestListener listener = request.listener;
        requests.release(request);
        listener.onChunkList(targetId, chunks, nextCursor);
    }

    @Override
    public void onError(int targetId, long correlationId, ErrorCode code, String message, Slab slab) {
        Request request = requests.find(correlationId);
        if (request == null) {
            counters.strayAnswers.increment();
            return;
        }
        RequestListener listener = request.listener;
        int index = request.index;
        requests.release(request);
        boolean wasRead = slab != null;
        if (speaksAgainstTarget(code, wasRead)) {
            byId.get(targetId).health.onFailure(code, message);
        }
        counters.requestErrors.increment();
        listener.onError(targetId, index, code, message, slab);
    }

    /** A chunk that is absent or unreadable is that chunk's trouble; a target that does not answer is the target's. */
    private static boolean speaksAgainstTarget(ErrorCode code, boolean wasRead) {
        return switch (code) {
            case NOT_FOUND, INVALID -> false;
            case CHECKSUM_MISMATCH, IO_ERROR, NO_SPACE -> !wasRead;
            case OUT_OF_SERVICE, UNREACHABLE, REFUSED -> true;
        };
    }

    @Override
    public void close() {
        for (Target target : targets) {
            target.lane.close();
        }
    }
}

package org.apollofs.transport.aeron;

import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.apollofs.io.buffer.Slab;

/**
 * The requests of a lane that are unanswered: a fixed number of slots, whose number goes on the wire. Senders on any
 * thread take slots; the lane's owner completes them. Nothing allocates after construction but a slot's first read.
 */
final class RequestTable {
    private final Request[] slots;
    private final ManyToManyConcurrentArrayQueue<Request> free;

    RequestTable(int slotCount) {
        slots = new Request[slotCount];
        free = new ManyToManyConcurrentArrayQueue<>(Math.max(2, slotCount));
        for (int i = 0; i < slotCount; i++) {
            slots[i] = new Request(i);
            put(slots[i]);
        }
    }

    int slotCount() {
        return slots.length;
    }

    Request slot(int index) {
        return slots[index];
    }

    /** Takes a slot for sending. @return the slot in phase SENDING, or null when all are in use. */
    Request tryAcquire(
            Request.Kind kind, long correlationId, LaneConnection connection, long deadlineNs, Slab destination) {
        Request request = free.poll();
        if (request == null) {
            return null;
        }
        request.kind = kind;
        request.correlationId = correlationId;
        request.connection = connection;
        request.deadlineNs = deadlineNs;
        request.destination = destination;
        request.sentLength = 0;
        if (kind == Request.Kind.READ) {
            request.prepareRead();
        }
        long state = request.state();
        if (!request.move(state, Request.SENDING)) {
            throw new IllegalStateException("free slot in use: state=" + state);
        }
        return request;
    }

    /** The sender's part is done: from here the answer may come at any time, or has come already. */
    static void sent(Request request, long state) {
        // Where this fails, the answer was faster, and the slot may be somebody else's by now.
        boolean unanswered = request.move(state, Request.PENDING);
        assert unanswered || request.state() != state;
    }

    /** Gives back a slot that the caller has won by a move, and its credit. */
    void release(Request request) {
        LaneConnection connection = request.connection;
        connection.giveCredit(request.kind);
        request.free();
        put(request);
    }

    /**
     * The request of an answer, or null where the answer names none that is at the target on this connection. Its phase
     * is SENDING, PENDING or EXPIRED. Lane's owner only.
     */
    Request find(long requestId, Request.Kind kind, LaneConnection connection) {
        int slot = Wire.slot(requestId);
        if (slot >= slots.length) {
            return null;
        }
        Request request = slots[slot];
        long state = request.state();
        int phase = Request.phase(state);
        boolean atTarget = phase == Request.SENDING || phase == Request.PENDING || phase == Request.EXPIRED;
        if (Request.generation(state) != Wire.generation(requestId) || !atTarget) {
            return null;
        }
        boolean matches = (kind == null || request.kind == kind) && request.connection == connection;
        return matches ? request : null;
    }

    /** Takes the completion of a request that was found. @return whether the caller is still to be told. */
    static boolean complete(Request request) {
        while (true) {
            long state = request.state();
            if (request.move(state, Request.ANSWERED)) {
                return Request.phase(state) != Request.EXPIRED;
            }
        }
    }

    /** The chunk of which a first part was sent on this connection, taken for sending on; or null. */
    Request tryResume(long correlationId, LaneConnection connection) {
        for (Request request : slots) {
            long state = request.state();
            boolean same = Request.phase(state) == Request.PARTIAL
                    && request.correlationId == correlationId
                    && request.connection == connection;
            if (same && request.move(state, Request.SENDING)) {
                return request;
            }
        }
        return null;
    }

    private void put(Request request) {
        // There is a place for each; offer fails while a thread that takes is preempted halfway.
        while (!free.offer(request)) {
            LockSupport.parkNanos(1_000);
        }
    }
}

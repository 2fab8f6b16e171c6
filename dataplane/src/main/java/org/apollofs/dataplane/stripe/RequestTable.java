package org.apollofs.dataplane.stripe;

import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;

/**
 * All unanswered requests of a host, by correlation id: a slot of a fixed table and the number of its use, so that an
 * answer that comes twice finds nobody. Any thread takes; the host agent gives back. Nothing allocates.
 */
final class RequestTable {
    private static final int SLOT_BITS = 20;

    private final Request[] requests;
    private final ManyToManyConcurrentArrayQueue<Request> free;

    RequestTable(int capacity) {
        if (capacity < 2 || capacity > 1 << SLOT_BITS) {
            throw new IllegalArgumentException("request table: capacity=" + capacity);
        }
        requests = new Request[capacity];
        free = new ManyToManyConcurrentArrayQueue<>(capacity);
        for (int i = 0; i < capacity; i++) {
            requests[i] = new Request(i);
            requests[i].correlationId = i;
            free.offer(requests[i]);
        }
    }

    /** Requests that were taken, ever. Any thread. */
    long takenCount() {
        return free.removedCount();
    }

    /** Whether none is in use. Any thread; may be wrong for a moment while others take and give back. */
    boolean isEmpty() {
        return free.size() == requests.length;
    }

    /** @return a request to be sent, or null when all are in use: back-pressure. */
    Request tryAcquire(RequestListener listener, int index) {
        Request request = free.poll();
        if (request != null) {
            request.correlationId += 1L << SLOT_BITS;
            request.listener = listener;
            request.index = index;
        }
        return request;
    }

    /** @return the request an answer belongs to, or null if it is not, or no longer, waited for. */
    Request find(long correlationId) {
        int slot = (int) correlationId & ((1 << SLOT_BITS) - 1);
        if (slot >= requests.length) {
            return null;
        }
        Request request = requests[slot];
        return request.correlationId == correlationId && request.listener != null ? request : null;
    }

    /** Gives a slot back, once answered or not sent. */
    void release(Request request) {
        request.listener = null;
        // There is a place for each; offer fails while a thread that takes is preempted halfway.
        while (!free.offer(request)) {
            LockSupport.parkNanos(1_000);
        }
    }
}

package org.apollofs.transport.memory;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.collections.LongHashSet;

/**
 * One life of a lane: from its attachment to a server to the break. Made by the lane's owner; the queues and counters are
 * shared, {@code unanswered} belongs to the server's thread.
 */
final class MemoryConnection {
    final long laneId;
    final Queue<MemoryRequest> requests = new ConcurrentLinkedQueue<>();
    final Queue<MemoryAnswer> answers = new ConcurrentLinkedQueue<>();
    final LongHashSet unanswered = new LongHashSet();
    volatile boolean open = true;
    volatile int chunkCredit = 1;

    private final AtomicInteger chunksInFlight = new AtomicInteger();
    private final AtomicInteger requestsInFlight = new AtomicInteger();

    MemoryConnection(long laneId) {
        this.laneId = laneId;
    }

    boolean tryTakeCredit(MemoryRequest.Kind kind) {
        boolean write = kind == MemoryRequest.Kind.WRITE;
        AtomicInteger inFlight = write ? chunksInFlight : requestsInFlight;
        int limit = write ? chunkCredit : InMemoryNetwork.REQUEST_CREDIT;
        if (inFlight.incrementAndGet() > limit) {
            inFlight.decrementAndGet();
            return false;
        }
        return true;
    }

    void giveCredit(MemoryRequest.Kind kind) {
        (kind == MemoryRequest.Kind.WRITE ? chunksInFlight : requestsInFlight).decrementAndGet();
    }
}

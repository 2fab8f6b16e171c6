package org.apollofs.transport.aeron;

import io.aeron.ConcurrentPublication;
import io.aeron.Image;
import io.aeron.Subscription;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One life of a lane at the host: its streams and its credit. Made and closed by the lane's owner; senders on any thread
 * offer and take credit.
 */
final class LaneConnection {
    private final ConcurrentPublication requests;
    private final Subscription answers;
    private final Image image;
    private final long laneId;
    private final int partLength;
    private final AtomicInteger chunksInFlight = new AtomicInteger();
    private final AtomicInteger requestsInFlight = new AtomicInteger();
    private volatile int chunkCredit;
    private volatile int requestCredit;

    LaneConnection(ConcurrentPublication requests, Subscription answers, Image image, long laneId, int partLength) {
        this.requests = requests;
        this.answers = answers;
        this.image = image;
        this.laneId = laneId;
        this.partLength = partLength;
    }

    ConcurrentPublication requests() {
        return requests;
    }

    Image image() {
        return image;
    }

    long laneId() {
        return laneId;
    }

    /** Payload bytes that one message carries. */
    int partLength() {
        return partLength;
    }

    void credit(int chunkCredit, int requestCredit) {
        this.chunkCredit = chunkCredit;
        this.requestCredit = requestCredit;
    }

    boolean tryTakeCredit(Request.Kind kind) {
        boolean write = kind == Request.Kind.WRITE;
        AtomicInteger inFlight = write ? chunksInFlight : requestsInFlight;
        if (inFlight.incrementAndGet() > (write ? chunkCredit : requestCredit)) {
            inFlight.decrementAndGet();
            return false;
        }
        return true;
    }

    void giveCredit(Request.Kind kind) {
        (kind == Request.Kind.WRITE ? chunksInFlight : requestsInFlight).decrementAndGet();
    }

    /** Whether both streams still have their other end. */
    boolean isAlive() {
        return requests.isConnected() && !image.isClosed() && !image.isEndOfStream();
    }

    void close() {
        requests.close();
        answers.close();
    }
}

package org.apollofs.dataplane.stripe;

import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ErrorCode;

/**
 * One try to write a stripe, under one number on one group. Requests are added under the stripe's lock; answers come on
 * the host agent's thread, to which {@code acked} and {@code abandoned} belong.
 */
final class Attempt implements RequestListener {
    /** What went wrong first. */
    record Failure(int targetId, ErrorCode code, String message) {}

    private final Stripe stripe;
    private final AtomicInteger unanswered = new AtomicInteger();
    final long number;
    final int[] group;
    /** Chunks sent: under the stripe's lock. */
    int sentMask;
    /** Slots of chunks that a lane has not taken, or not all of: under the stripe's lock. */
    final Request[] begun;
    /** Since when a lane has had no room for a chunk, or 0: under the stripe's lock. */
    long blockedSinceNs;
    /** Chunks acknowledged: host agent. */
    int ackedMask;
    /** Another attempt has taken its place: host agent. */
    boolean abandoned;

    private volatile Failure failure;

    Attempt(Stripe stripe, long number, int[] group) {
        this.stripe = stripe;
        this.number = number;
        this.group = group;
        this.begun = new Request[group.length];
    }

    Failure failure() {
        return failure;
    }

    /** Notes the first failure. */
    void fail(int targetId, ErrorCode code, String message) {
        if (failure == null) {
            failure = new Failure(targetId, code, message);
        }
    }

    void onSending() {
        unanswered.incrementAndGet();
    }

    void onNotSent() {
        unanswered.decrementAndGet();
    }

    boolean isAnswered() {
        return unanswered.get() == 0;
    }

    @Override
    public void onChunkWritten(int targetId, int index) {
        ackedMask |= 1 << index;
        unanswered.decrementAndGet();
        stripe.onAnswer(this);
    }

    @Override
    public void onError(int targetId, int index, ErrorCode code, String message, Slab slab) {
        fail(targetId, code, message);
        unanswered.decrementAndGet();
        stripe.onAnswer(this);
    }
}

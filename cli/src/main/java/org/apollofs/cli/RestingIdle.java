package org.apollofs.cli;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * How a thread of the data plane waits: closely for 20 ms after there was work, then it rests until somebody who has work for it
 * wakes it. A site at rest takes next to no processor time so, and the first request after a rest does not wait. While requests are
 * unanswered it looks by itself every {@value #SHORT_REST_MS} ms, since what a disk or a clock does wakes nobody; else every
 * {@value #REST_MS} ms. One thread's own; {@link #wake} is for any.
 */
final class RestingIdle implements IdleStrategy {
    private static final long AWAKE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long SHORT_REST_MS = 25;
    private static final long REST_MS = 250;

    private final NanoClock clock;
    private final BooleanSupplier isQuiet;
    private final IdleStrategy close =
            new BackoffIdleStrategy(20, 50, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MICROSECONDS.toNanos(500));
    private boolean isIdle;
    private long idleSinceNs;
    private volatile Thread resting;
    private volatile boolean isWoken;

    /** @param isQuiet whether nothing is under way that goes on without a wake; asked by the thread that rests. */
    RestingIdle(NanoClock clock, BooleanSupplier isQuiet) {
        this.clock = clock;
        this.isQuiet = isQuiet;
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        long now = clock.nanoTime();
        if (!isIdle) {
            isIdle = true;
            idleSinceNs = now;
        }
        if (now - idleSinceNs < AWAKE_NS) {
            close.idle();
        } else if (resting == null) {
            // Seen as resting from here on; what came before that is found by one more look.
            resting = Thread.currentThread();
        } else {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(isQuiet.getAsBoolean() ? REST_MS : SHORT_REST_MS));
            if (isWoken) {
                reset();
            }
        }
    }

    @Override
    public void reset() {
        isIdle = false;
        if (resting != null) {
            resting = null;
            isWoken = false;
        }
        close.reset();
    }

    /** There is work, published before the call. Any thread; cheap while the thread does not rest. */
    void wake() {
        Thread thread = resting;
        if (thread != null) {
            isWoken = true;
            LockSupport.unpark(thread);
        }
    }
}

package org.apollofs.cli;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * How a thread of the data plane waits: closely for 20 ms after there was work, then it rests, {@value #REST_MS} ms at a
 * time, until somebody who has work for it wakes it. A site at rest takes next to no processor time so, and the first request
 * after a rest does not wait. One thread's own; {@link #wake} is for any.
 */
final class RestingIdle implements IdleStrategy {
    private static final long AWAKE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long REST_MS = 25;

    private final NanoClock clock;
    private final IdleStrategy close =
            new BackoffIdleStrategy(20, 50, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MICROSECONDS.toNanos(500));
    private boolean isIdle;
    private long idleSinceNs;
    private volatile Thread resting;
    private volatile boolean isWoken;

    RestingIdle(NanoClock clock) {
        this.clock = clock;
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
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(REST_MS));
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

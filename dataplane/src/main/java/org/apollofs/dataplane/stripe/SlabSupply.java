package org.apollofs.dataplane.stripe;

import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.NanoClock;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;

/**
 * A pool that workers may wait for. Who waits holds no slab of the same pool; the host agent sees that somebody does
 * ({@link #isShort}) and has idle files give theirs back. Any thread.
 */
public final class SlabSupply {
    private static final long WAIT_NS = 50_000;

    private final SlabPool pool;
    private final NanoClock clock;
    private final WaitStrategy waitStrategy;
    private final long timeoutNs;
    private final DataCounters counters;
    private final AtomicInteger waiting = new AtomicInteger();

    SlabSupply(SlabPool pool, NanoClock clock, WaitStrategy waitStrategy, long timeoutNs, DataCounters counters) {
        this.pool = pool;
        this.clock = clock;
        this.waitStrategy = waitStrategy;
        this.timeoutNs = timeoutNs;
        this.counters = counters;
    }

    /** The pool. */
    public SlabPool pool() {
        return pool;
    }

    /** Whether somebody waits, or would have to. */
    public boolean isShort() {
        return waiting.get() > 0 || pool.available() == 0;
    }

    /** Takes a slab, waiting for one. @throws StripeException TIMEOUT. */
    public Slab acquire() {
        Slab slab = pool.tryAcquire();
        if (slab != null) {
            return slab;
        }
        Slab[] one = new Slab[1];
        acquire(one);
        return one[0];
    }

    /** Fills the array, or takes nothing. */
    boolean tryAcquire(Slab[] slabs) {
        for (int i = 0; i < slabs.length; i++) {
            slabs[i] = pool.tryAcquire();
            if (slabs[i] == null) {
                release(slabs, i);
                return false;
            }
        }
        return true;
    }

    /** Fills the array, waiting for slabs without holding any. @throws StripeException TIMEOUT. */
    void acquire(Slab[] slabs) {
        if (tryAcquire(slabs)) {
            return;
        }
        counters.slabWaits.increment();
        long deadlineNs = clock.nanoTime() + timeoutNs;
        waiting.incrementAndGet();
        try {
            while (!tryAcquire(slabs)) {
                if (clock.nanoTime() - deadlineNs > 0) {
                    throw new StripeException(
                            StripeException.Kind.TIMEOUT,
                            "no slab became free: wanted=" + slabs.length + ", slabs=" + pool.slabCount() + ", waited="
                                    + timeoutNs / 1_000_000 + " ms");
                }
                waitStrategy.await(WAIT_NS);
            }
        } finally {
            waiting.decrementAndGet();
        }
    }

    private static void release(Slab[] slabs, int count) {
        for (int i = 0; i < count; i++) {
            slabs[i].release();
            slabs[i] = null;
        }
    }
}

package org.apollofs.dataplane.stripe;

import java.util.ArrayList;
import java.util.List;

/**
 * Where workers wait for a condition that other threads bring about. A waiter enters, checks its condition, waits,
 * checks again, and leaves; who changes the condition then calls {@link #signal}. Any thread; never blocks for long.
 */
final class Gate {
    private final WaitStrategy waitStrategy;
    private final List<Thread> waiting = new ArrayList<>(2);

    Gate(WaitStrategy waitStrategy) {
        this.waitStrategy = waitStrategy;
    }

    synchronized void enter() {
        waiting.add(Thread.currentThread());
    }

    synchronized void leave() {
        waiting.remove(Thread.currentThread());
    }

    /** Waits once, between {@link #enter} and {@link #leave}. */
    void await(long maxNs) {
        waitStrategy.await(maxNs);
    }

    synchronized void signal() {
        for (int i = 0; i < waiting.size(); i++) {
            waitStrategy.wake(waiting.get(i));
        }
    }
}

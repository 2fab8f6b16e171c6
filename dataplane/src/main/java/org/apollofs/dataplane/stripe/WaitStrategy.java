package org.apollofs.dataplane.stripe;

import java.util.concurrent.locks.LockSupport;

/**
 * How a worker waits for what other threads do. Production parks; a simulator on one thread lets its world go on.
 */
public interface WaitStrategy {
    /** Parks the thread. */
    WaitStrategy PARKING = new WaitStrategy() {
        @Override
        public void await(long maxNs) {
            LockSupport.parkNanos(this, maxNs);
        }

        @Override
        public void wake(Thread thread) {
            LockSupport.unpark(thread);
        }
    };

    /** Waits until somebody wakes this thread, or the time is over, or for no reason: callers check and call again. */
    void await(long maxNs);

    /** Wakes a waiting thread; remembered if it does not wait yet. */
    void wake(Thread thread);
}

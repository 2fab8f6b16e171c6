package org.apollofs.perf.workload;

import java.util.concurrent.Phaser;

/**
 * A clock that runs while ranks read and stands while they hash. Each rank calls {@link #pause()} when its buffer is
 * full and {@link #resume()} when it is hashed; the clock stops once all ranks have paused, so a slow rank counts.
 *
 * <p>Each rank begins with {@link #resume()} and ends with {@link #leave()}, in whatever state it is.
 */
final class ReadClock {
    private final Phaser phaser;
    private long startNs;
    private long totalNs;

    ReadClock(int ranks) {
        phaser = new Phaser(ranks) {
            // Runs on the last rank to arrive, before any other goes on: phases are orders for the fields.
            @Override
            protected boolean onAdvance(int phase, int registeredParties) {
                if ((phase & 1) == 0) {
                    startNs = System.nanoTime();
                } else {
                    totalNs += System.nanoTime() - startNs;
                }
                return registeredParties == 0;
            }
        };
    }

    /** Waits until all ranks are ready to read. */
    void resume() {
        phaser.arriveAndAwaitAdvance();
    }

    /** Waits until all ranks have read. */
    void pause() {
        phaser.arriveAndAwaitAdvance();
    }

    /** Counts as having read, or being ready to, for all time to come. */
    void leave() {
        phaser.arriveAndDeregister();
    }

    /** Lets everybody go: one of them will not come. */
    void abandon() {
        phaser.forceTermination();
    }

    /** Time in which the clock ran. Call after all ranks have left. */
    long totalNs() {
        return totalNs;
    }
}

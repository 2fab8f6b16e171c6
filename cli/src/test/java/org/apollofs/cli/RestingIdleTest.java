package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread that has nothing to do, and work that comes. */
@Timeout(60)
final class RestingIdleTest {
    private static final int JOBS = 200;

    private final AtomicLong clock = new AtomicLong();
    private final AtomicInteger jobs = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger cycles = new AtomicInteger();

    /** Each job comes when the thread rests, or is about to: it must be seen whichever it is. */
    @Test
    void shouldSeeWorkWheneverItComes() throws InterruptedException {
        RestingIdle idle = new RestingIdle(clock::get, () -> true);
        Thread thread = new Thread(() -> {
            while (done.get() < JOBS) {
                cycles.incrementAndGet();
                int work = jobs.get() - done.get();
                done.addAndGet(work);
                // Long enough without work has passed at each look.
                clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
                idle.idle(work);
            }
        });
        thread.start();
        for (int job = 0; job < JOBS; job++) {
            jobs.incrementAndGet();
            idle.wake();
            while (done.get() <= job) {
                Thread.onSpinWait();
            }
        }
        thread.join();
        // It has rested in between: else it would have looked for work all the time.
        assertTrue(cycles.get() < 100 * JOBS, "cycles=" + cycles.get());
    }
}

package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The clock of deadlines, over a source that stands still, jumps, and races. */
@Timeout(60)
final class ProcessClockTest {
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(ProcessClock.TICK_MS);
    private static final long SEED = 20260202;

    private final AtomicLong source = new AtomicLong(Long.MAX_VALUE - 5_000);
    private final ProcessClock clock = new ProcessClock(source::get);
    private final long beginNs = clock.nanoTime();

    private long elapsedNs() {
        return clock.nanoTime() - beginNs;
    }

    @Test
    void shouldRunAsItsSourceWhileItTicks() {
        for (int i = 1; i <= 1_000; i++) {
            source.addAndGet(TICK_NS / 2);
            assertEquals(i * TICK_NS - TICK_NS / 2, elapsedNs());
            source.addAndGet(TICK_NS / 2);
            assertEquals(0, clock.doWork());
            assertEquals(i * TICK_NS, elapsedNs());
        }
    }

    @Test
    void shouldCountAStopAsOneStep() {
        source.addAndGet(TICK_NS);
        clock.doWork();
        source.addAndGet(TimeUnit.SECONDS.toNanos(300));
        assertEquals(TICK_NS + ProcessClock.MAX_STEP_NS, elapsedNs());
        clock.doWork();
        assertEquals(TICK_NS + ProcessClock.MAX_STEP_NS, elapsedNs());
        source.addAndGet(TICK_NS);
        clock.doWork();
        assertEquals(2 * TICK_NS + ProcessClock.MAX_STEP_NS, elapsedNs());
    }

    @Test
    void shouldLoseNothingByATickThatComesALittleLate() {
        Random random = new Random(SEED);
        long passedNs = 0;
        for (int i = 0; i < 10_000; i++) {
            long stepNs = random.nextLong(ProcessClock.MAX_STEP_NS + 1);
            passedNs += stepNs;
            source.addAndGet(stepNs);
            clock.doWork();
        }
        assertEquals(passedNs, elapsedNs(), "seed=" + SEED);
    }

    @Test
    void shouldStandWithoutTicks() {
        source.addAndGet(TimeUnit.DAYS.toNanos(1));
        assertEquals(ProcessClock.MAX_STEP_NS, elapsedNs());
        source.addAndGet(TimeUnit.DAYS.toNanos(1));
        assertEquals(ProcessClock.MAX_STEP_NS, elapsedNs());
    }

    @Test
    void shouldNeverGoBackForAnyThread() throws InterruptedException {
        Random random = new Random(SEED);
        AtomicLong seen = new AtomicLong(beginNs);
        AtomicLong backwards = new AtomicLong();
        Thread[] readers = new Thread[3];
        for (int i = 0; i < readers.length; i++) {
            readers[i] = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    // What any thread has read before this read began.
                    long before = seen.get();
                    long now = clock.nanoTime();
                    backwards.addAndGet(now - before < 0 ? 1 : 0);
                    seen.accumulateAndGet(now, (a, b) -> a - b > 0 ? a : b);
                }
            });
            readers[i].start();
        }
        for (int i = 0; i < 300_000; i++) {
            source.addAndGet(random.nextLong(3 * ProcessClock.MAX_STEP_NS));
            clock.doWork();
        }
        for (Thread reader : readers) {
            reader.interrupt();
            reader.join();
        }
        assertEquals(0, backwards.get(), "seed=" + SEED);
        assertTrue(elapsedNs() > 0);
    }
}

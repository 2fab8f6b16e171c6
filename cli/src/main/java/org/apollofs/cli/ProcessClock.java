package org.apollofs.cli;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/**
 * The time in which this process could do something: the clock of every deadline.
 *
 * <p>An agent of its own ticks every {@link #TICK_MS}; a tick lets at most {@link #MAX_STEP_NS} go by, however long ago
 * the last one was. So a process that was stopped, swapped out or suspended, or that got no processor, finds afterwards
 * that a tenth of a second has passed: nobody is declared dead for not having answered meanwhile. Between two ticks the
 * clock runs as its source does, up to the same bound, so short intervals are as exact as ever.
 *
 * <p>Any thread reads; nothing is locked, and no thread ever sees it go back. It is no measure of rates or of what an
 * operator is told: those take the system's clock. If the ticker's thread ends, the clock stands, so its failure must end
 * the process.
 */
final class ProcessClock implements NanoClock, Agent {
    /** Time between two ticks, if the machine lets us. */
    static final long TICK_MS = 50;
    /** Most that one tick lets go by: a tick that comes a little late loses nothing. */
    static final long MAX_STEP_NS = TimeUnit.MILLISECONDS.toNanos(2 * TICK_MS);

    /** The source's time at the latest tick, and ours. */
    private record Tick(long sourceNs, long timeNs) {}

    private final NanoClock source;
    private volatile Tick latest;

    /** @param source a clock that never goes back: the system's, or a test's. */
    ProcessClock(NanoClock source) {
        this.source = source;
        long now = source.nanoTime();
        this.latest = new Tick(now, now);
    }

    @Override
    public long nanoTime() {
        // In this order: a source read before its tick could give a time before the tick's.
        Tick tick = latest;
        return timeNs(tick, source.nanoTime());
    }

    private static long timeNs(Tick tick, long sourceNs) {
        return tick.timeNs + Math.min(sourceNs - tick.sourceNs, MAX_STEP_NS);
    }

    /** Ticks. One thread. */
    @Override
    public int doWork() {
        long now = source.nanoTime();
        latest = new Tick(now, timeNs(latest, now));
        return 0;
    }

    @Override
    public String roleName() {
        return "clock";
    }
}

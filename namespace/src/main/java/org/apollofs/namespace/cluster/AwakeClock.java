package org.apollofs.namespace.cluster;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;

/**
 * Time in which this process ran: what deadlines of calls are measured in. A process that stood still, or had no processor, has
 * not waited for anybody; when it goes on its answers lie before it, and to end its calls then would be a false word.
 *
 * <p>Whoever waits looks at it more often than {@link #STEP_NS}. A longer time between two looks counts for that much.
 * {@link #look} is for one thread, {@link #nanoTime} for any; it is as old as the last look.
 */
final class AwakeClock implements NanoClock {
    /** Most that counts between two looks: threads rest for some milliseconds at most. */
    static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final NanoClock clock;
    private long lookedNs;
    private volatile long awakeNs;

    AwakeClock(NanoClock clock) {
        this.clock = clock;
        lookedNs = clock.nanoTime();
    }

    /** Looks at the clock. @return the time awake, ns. */
    long look() {
        long now = clock.nanoTime();
        long awake = awakeNs + Math.clamp(now - lookedNs, 0, STEP_NS);
        lookedNs = now;
        awakeNs = awake;
        return awake;
    }

    @Override
    public long nanoTime() {
        return awakeNs;
    }
}

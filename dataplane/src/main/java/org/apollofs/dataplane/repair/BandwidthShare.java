package org.apollofs.dataplane.repair;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.concurrent.NanoClock;

/**
 * How much of the bandwidth a class of work may have beside the classes above it: all of it while those rest, and its share
 * under load. What the devices can do at all is the most that was seen of all classes together, which is forgotten slowly;
 * who uses a twentieth of that rests. Bytes are those read and written. One thread.
 *
 * <p>It does not take what the classes above seem to leave: what they want is not known, and what they get is less the more
 * this class takes.
 */
final class BandwidthShare {
    private static final long WINDOW_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Silence of the classes above after which they rest. */
    private static final long REST_NS = TimeUnit.MILLISECONDS.toNanos(300);
    /** Part of what the devices can do from which on there is load. */
    private static final double LOAD = 0.05;
    /** Taken for what the devices can do before more was seen: a slow hard disk. */
    private static final double LEAST_CAPACITY = 32e6;
    /** What is left of the most that was seen after each window: half in seven minutes. */
    private static final double FADING = 0.99983;

    private final NanoClock clock;
    private final LongSupplier above;
    private final double share;
    private long windowStartNs;
    private long aboveAtStart;
    private long own;
    private long ownAtStart;
    private long lastAboveNs;
    private double capacity = LEAST_CAPACITY;
    private double allowance;
    private boolean resting = true;

    /**
     * @param above bytes that the classes above have moved so far.
     * @param percent of the bandwidth that this class has under load, 1 to 100.
     */
    BandwidthShare(NanoClock clock, LongSupplier above, int percent) {
        this.clock = clock;
        this.above = above;
        this.share = percent / 100.0;
        this.windowStartNs = clock.nanoTime();
        this.lastAboveNs = windowStartNs - REST_NS;
        this.aboveAtStart = above.getAsLong();
    }

    /** Whether work may begin now. It is charged when it is done. */
    boolean mayBegin() {
        look();
        return resting || allowance > 0;
    }

    /** Pieces of work that may be under way at a time: few while the classes above do not rest, so that theirs find room. */
    int atOnce(int most) {
        return resting ? most : 1;
    }

    /** Work has moved bytes. */
    void onMoved(long bytes) {
        own += bytes;
        allowance -= bytes;
    }

    private void look() {
        long now = clock.nanoTime();
        long elapsed = now - windowStartNs;
        if (elapsed < WINDOW_NS) {
            return;
        }
        long aboveNow = above.getAsLong();
        double seconds = elapsed / 1e9;
        double aboveRate = (aboveNow - aboveAtStart) / seconds;
        double total = aboveRate + (own - ownAtStart) / seconds;
        capacity = Math.max(LEAST_CAPACITY, Math.max(capacity * FADING, total));
        if (aboveRate > LOAD * capacity) {
            lastAboveNs = now;
        }
        resting = now - lastAboveNs >= REST_NS;
        double rate = share * capacity;
        // What was not used is kept for one second at most; a debt is kept as it is.
        allowance = resting ? Math.max(0, allowance) : Math.min(rate, allowance + rate * Math.min(1, seconds));
        windowStartNs = now;
        aboveAtStart = aboveNow;
        ownAtStart = own;
    }
}

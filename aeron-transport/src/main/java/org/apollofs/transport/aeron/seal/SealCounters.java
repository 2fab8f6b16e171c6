package org.apollofs.transport.aeron.seal;

import java.util.concurrent.atomic.LongAdder;

/** The counters of one media driver's seals: written and read by any thread, never reset. */
public final class SealCounters {
    private static final SealCounter[] COUNTERS = SealCounter.values();

    private final LongAdder[] values = new LongAdder[COUNTERS.length + 1];

    /** All at zero. */
    public SealCounters() {
        for (int i = 0; i < values.length; i++) {
            values[i] = new LongAdder();
        }
    }

    /** The value now: a reading, stale at once. */
    public long get(SealCounter counter) {
        return values[counter.id()].sum();
    }

    void increment(SealCounter counter) {
        values[counter.id()].increment();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (SealCounter counter : COUNTERS) {
            text.append(counter.label()).append('=').append(get(counter)).append(' ');
        }
        return text.toString().trim();
    }
}

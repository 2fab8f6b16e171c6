package org.apollofs.transport.aeron;

import java.util.concurrent.atomic.LongAdder;

/** The counters of one {@link AeronNetwork}: written by any thread, read by any thread, never reset. */
public final class TransportCounters {
    private static final TransportCounter[] COUNTERS = TransportCounter.values();

    private final LongAdder[] values = new LongAdder[maxId() + 1];

    /** All at zero. */
    public TransportCounters() {
        for (int i = 0; i < values.length; i++) {
            values[i] = new LongAdder();
        }
    }

    private static int maxId() {
        int max = 0;
        for (TransportCounter counter : COUNTERS) {
            max = Math.max(max, counter.id());
        }
        return max;
    }

    /** The value now: a reading, stale at once. */
    public long get(TransportCounter counter) {
        return values[counter.id()].sum();
    }

    void increment(TransportCounter counter) {
        values[counter.id()].increment();
    }

    void add(TransportCounter counter, long amount) {
        values[counter.id()].add(amount);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (TransportCounter counter : COUNTERS) {
            text.append(counter.label()).append('=').append(get(counter)).append(' ');
        }
        return text.toString().trim();
    }
}

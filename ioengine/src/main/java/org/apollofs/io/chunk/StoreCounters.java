package org.apollofs.io.chunk;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** Values of {@link StoreCounter}s: written by the store's thread without a lock, read by any. */
final class StoreCounters {
    private final AtomicLongArray values = new AtomicLongArray(StoreCounter.values().length);

    void increment(StoreCounter counter) {
        add(counter, 1);
    }

    void add(StoreCounter counter, long amount) {
        values.setRelease(counter.ordinal(), values.getPlain(counter.ordinal()) + amount);
    }

    void set(StoreCounter counter, long value) {
        values.setRelease(counter.ordinal(), value);
    }

    long get(StoreCounter counter) {
        return values.getAcquire(counter.ordinal());
    }

    Map<StoreCounter, Long> snapshot() {
        Map<StoreCounter, Long> result = new EnumMap<>(StoreCounter.class);
        for (StoreCounter counter : StoreCounter.values()) {
            result.put(counter, get(counter));
        }
        return result;
    }
}

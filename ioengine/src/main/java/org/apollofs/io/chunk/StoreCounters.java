package org.apollofs.io.chunk;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Values of {@link StoreCounter}s: written by the store's thread without a lock, read by any. */
final class StoreCounters {
    private final EnumMap<StoreCounter, AtomicLong> values = new EnumMap<>(StoreCounter.class);

    StoreCounters() {
        for (StoreCounter counter : StoreCounter.values()) {
            values.put(counter, new AtomicLong());
        }
    }

    void increment(StoreCounter counter) {
        add(counter, 1);
    }

    void add(StoreCounter counter, long amount) {
        AtomicLong value = values.get(counter);
        value.setRelease(value.getPlain() + amount);
    }

    void set(StoreCounter counter, long value) {
        values.get(counter).setRelease(value);
    }

    long get(StoreCounter counter) {
        return values.get(counter).getAcquire();
    }

    Map<StoreCounter, Long> snapshot() {
        Map<StoreCounter, Long> result = new EnumMap<>(StoreCounter.class);
        for (StoreCounter counter : StoreCounter.values()) {
            result.put(counter, get(counter));
        }
        return result;
    }
}

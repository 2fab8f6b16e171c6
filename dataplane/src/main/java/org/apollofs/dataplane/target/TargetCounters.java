package org.apollofs.dataplane.target;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Values of {@link TargetCounter}s: written by the target's thread, read by any. */
final class TargetCounters {
    private final EnumMap<TargetCounter, AtomicLong> values = new EnumMap<>(TargetCounter.class);

    TargetCounters() {
        for (TargetCounter counter : TargetCounter.values()) {
            values.put(counter, new AtomicLong());
        }
    }

    void increment(TargetCounter counter) {
        AtomicLong value = values.get(counter);
        value.setRelease(value.getPlain() + 1);
    }

    Map<TargetCounter, Long> snapshot() {
        Map<TargetCounter, Long> result = new EnumMap<>(TargetCounter.class);
        values.forEach((counter, value) -> result.put(counter, value.getAcquire()));
        return result;
    }
}

package org.apollofs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MountCountersTest {
    @Test
    void shouldCountUnderUniqueIdsAndLabels() {
        MountCounters counters = new MountCounters();
        Set<Object> seen = new HashSet<>();
        for (MountCounters.Counter counter : MountCounters.Counter.values()) {
            assertTrue(seen.add(counter.id()), "id used twice: " + counter);
            assertTrue(seen.add(counter.label()), "label used twice: " + counter);
            counters.add(counter, counter.id());
            counters.increment(counter);
        }
        for (MountCounters.Counter counter : MountCounters.Counter.values()) {
            assertEquals(counter.id() + 1L, counters.get(counter));
        }
    }
}

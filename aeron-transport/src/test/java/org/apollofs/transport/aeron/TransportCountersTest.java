package org.apollofs.transport.aeron;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TransportCountersTest {
    @Test
    void shouldGiveEachCounterAnIdAndLabelOfItsOwn() {
        Set<Integer> ids = new HashSet<>();
        Set<String> labels = new HashSet<>();
        for (TransportCounter counter : TransportCounter.values()) {
            assertTrue(counter.id() > 0 && ids.add(counter.id()), counter + " id=" + counter.id());
            assertTrue(labels.add(counter.label()) && counter.label().matches("[a-z]+(-[a-z]+)*"), counter.label());
            assertTrue(!counter.unit().isBlank(), counter.label());
        }
    }

    @Test
    void shouldCount() {
        TransportCounters counters = new TransportCounters();
        counters.increment(TransportCounter.MALFORMED);
        counters.add(TransportCounter.PAYLOAD_SENT, 41);
        counters.increment(TransportCounter.PAYLOAD_SENT);
        assertEquals(1, counters.get(TransportCounter.MALFORMED));
        assertEquals(42, counters.get(TransportCounter.PAYLOAD_SENT));
        assertEquals(0, counters.get(TransportCounter.ANSWERS_SENT));
    }
}

package org.apollofs.dataplane.client;

import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;

/** Time that goes on only when it is told to. One thread. */
final class SimulatedClock implements NanoClock, EpochNanoClock {
    private long nowNs = 1_700_000_000_000_000_000L;

    @Override
    public long nanoTime() {
        return nowNs;
    }

    void advance(long ns) {
        nowNs += ns;
    }
}

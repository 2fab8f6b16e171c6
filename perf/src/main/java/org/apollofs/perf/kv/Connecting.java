package org.apollofs.perf.kv;

import io.aeron.exceptions.AeronException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.concurrent.AgentTerminationException;

/** A cluster that starts answers after a while: driver, election, session. Any thread. */
final class Connecting {
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long PAUSE_MS = 100;

    private Connecting() {}

    /** Tries until it works, for a minute. */
    static <T> T retried(Supplier<T> attempt) {
        long endNs = System.nanoTime() + DEADLINE_NS;
        while (true) {
            try {
                return attempt.get();
            } catch (AeronException | AgentTerminationException e) {
                if (System.nanoTime() > endNs) {
                    throw e;
                }
                try {
                    Thread.sleep(PAUSE_MS);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted", interrupted);
                }
            }
        }
    }
}

package org.apollofs.namespace.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.NanoClock;

/**
 * Hands errors of one part on to a log, each kind once in a while and not each time: what comes over the network, or a link that is
 * down, must not fill a disk. A kind is a class with a message, but for its numbers. Any thread.
 */
public final class BoundedErrors implements ErrorHandler {
    private static final long INTERVAL_NS = 10_000_000_000L;
    /** Kinds that are told apart; all others are one. */
    private static final int MAX_KINDS = 64;

    private static final String OTHERS = "others";

    private final NanoClock clock;
    private final BiConsumer<Throwable, Long> log;
    private final Map<String, Kind> kinds = new HashMap<>();

    private static final class Kind {
        private long saidNs;
        private long unsaid;
    }

    /**
     * Takes errors.
     *
     * @param log an error, and how many of its kind have come since the last one that it was given.
     */
    public BoundedErrors(NanoClock clock, BiConsumer<Throwable, Long> log) {
        this.clock = clock;
        this.log = log;
    }

    @Override
    public void onError(Throwable error) {
        long unsaid;
        synchronized (kinds) {
            long now = clock.nanoTime();
            String name = error.getClass().getName()
                    + ':'
                    + String.valueOf(error.getMessage()).replaceAll("[0-9]+", "#");
            Kind kind = kinds.get(kinds.containsKey(name) || kinds.size() < MAX_KINDS ? name : OTHERS);
            if (kind == null) {
                kind = new Kind();
                kinds.put(kinds.size() < MAX_KINDS ? name : OTHERS, kind);
            } else if (now - kind.saidNs < INTERVAL_NS) {
                kind.unsaid++;
                return;
            }
            unsaid = kind.unsaid;
            kind.unsaid = 0;
            kind.saidNs = now;
        }
        log.accept(error, unsaid);
    }
}

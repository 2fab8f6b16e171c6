package org.apollofs.profile;

/** Threads that move data, and what they do when there is nothing to do. */
public record ThreadProfile(int targetThreads, Idle targetIdle, Idle hostIdle, Idle driverIdle, Idle namespaceIdle) {
    /** What an idle thread does. */
    public enum Idle {
        /** Spins: a core for the least latency. */
        SPIN,
        /** Yields. */
        YIELD,
        /** Spins, yields, then parks for longer and longer, up to a millisecond. */
        BACKOFF,
        /** Sleeps for a millisecond. */
        SLEEP
    }
}

package org.apollofs.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.profile.ThreadProfile.Idle;

/**
 * The idle strategies of a node's data threads, and who wakes them all: each request and each answer that is sent on a lane.
 */
final class DataThreads {
    private final List<RestingIdle> resting = new ArrayList<>();
    private volatile RestingIdle[] woken = {};
    private volatile Runnable driver = () -> {};
    private volatile BooleanSupplier isQuiet = () -> false;

    /** One for a thread of its own. @param idle of the profile: BACKOFF rests when there is nothing to do. */
    IdleStrategy newStrategy(Idle idle) {
        if (idle != Idle.BACKOFF) {
            return AgentThread.idleStrategy(idle);
        }
        RestingIdle strategy = new RestingIdle(SystemNanoClock.INSTANCE, () -> isQuiet.getAsBoolean());
        resting.add(strategy);
        woken = resting.toArray(RestingIdle[]::new);
        return strategy;
    }

    /** @param wake wakes the media driver's thread. */
    void driver(Runnable wake) {
        driver = wake;
    }

    /** @param value whether all requests are answered, so that whatever comes next wakes the threads; they ask it. */
    void quiet(BooleanSupplier value) {
        isQuiet = value;
    }

    /** Any thread. */
    void wake() {
        for (RestingIdle strategy : woken) {
            strategy.wake();
        }
        driver.run();
    }
}

package org.apollofs.cli;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.NanoClock;

/**
 * Whether a site's threads may rest for long: once it serves, and as long as no other process is a client of its media driver.
 * Commands of such a process come through shared memory, and wake nobody; those of this process do. Any thread.
 */
final class SiteRest {
    /** Who has asked for the driver is its client soon, or has gone. */
    private static final long EXPECTED_NS = TimeUnit.SECONDS.toNanos(30);

    private final Consumer<Boolean> undisturbed;
    private final NanoClock clock;
    private boolean isServing;
    private long lastAskedNs;

    /** @param undisturbed told whether the threads may rest for long; may be told the same again. */
    SiteRest(Consumer<Boolean> undisturbed, NanoClock clock) {
        this.undisturbed = undisturbed;
        this.clock = clock;
        lastAskedNs = clock.nanoTime();
    }

    /** The site is whole. */
    synchronized void onServing() {
        isServing = true;
    }

    /** Somebody is about to have commands: another process, or a part that is started or stopped. */
    synchronized void onAsked() {
        lastAskedNs = clock.nanoTime();
        undisturbed.accept(false);
    }

    /** The site ends: its parts have much to say to each other. */
    synchronized void onStopping() {
        isServing = false;
        undisturbed.accept(false);
    }

    /** @param hasVisitors whether the driver has clients of other processes. */
    synchronized void onLook(boolean hasVisitors) {
        if (isServing && !hasVisitors && clock.nanoTime() - lastAskedNs >= EXPECTED_NS) {
            undisturbed.accept(true);
        } else if (hasVisitors) {
            undisturbed.accept(false);
        }
    }
}

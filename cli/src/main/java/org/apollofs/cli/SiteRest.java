package org.apollofs.cli;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.apollofs.namespace.cluster.AttentiveIdle;

/**
 * Whether a site's threads may rest for long: once it serves, and as long as no other process is a client of its media driver.
 * Commands of such a process come through shared memory, and wake nobody; those of this process do. Any thread.
 */
final class SiteRest {
    /** Who has asked for the driver is its client soon, or has gone. */
    private static final long EXPECTED_NS = TimeUnit.SECONDS.toNanos(30);

    private final AttentiveIdle idle;
    private final NanoClock clock;
    private boolean isServing;
    private long lastAskedNs;

    SiteRest(AttentiveIdle idle, NanoClock clock) {
        this.idle = idle;
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
        idle.undisturbed(false);
    }

    /** The site ends: its parts have much to say to each other. */
    synchronized void onStopping() {
        isServing = false;
        idle.undisturbed(false);
    }

    /** @param hasVisitors whether the driver has clients of other processes. */
    synchronized void onLook(boolean hasVisitors) {
        if (isServing && !hasVisitors && clock.nanoTime() - lastAskedNs >= EXPECTED_NS) {
            idle.undisturbed(true);
        } else if (hasVisitors) {
            idle.undisturbed(false);
        }
    }
}

package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a site's threads may rest for long: never while another process may have commands that wake nobody. */
final class SiteRestTest {
    private long nowNs = 1;
    private boolean rests;
    private final SiteRest rest = new SiteRest(value -> rests = value, () -> nowNs);

    private void look(long afterSeconds, boolean hasVisitors) {
        nowNs += TimeUnit.SECONDS.toNanos(afterSeconds);
        rest.onLook(hasVisitors);
    }

    @Test
    void shouldNotRestWhileTheSiteStartsOrStops() {
        look(60, false);
        assertFalse(rests);
        rest.onServing();
        look(10, false);
        assertTrue(rests);
        rest.onStopping();
        assertFalse(rests);
        look(60, false);
        assertFalse(rests);
    }

    @Test
    void shouldNotRestWhileAnotherProcessUsesTheDriver() {
        rest.onServing();
        look(40, false);
        assertTrue(rests);
        look(10, true);
        assertFalse(rests);
        look(60, true);
        assertFalse(rests);
        look(10, false);
        assertTrue(rests);
    }

    /** Who asks is a client some time later: until then nobody sees it. */
    @Test
    void shouldNotRestWhenSomebodyHasAskedForTheDriver() {
        rest.onServing();
        look(40, false);
        rest.onAsked();
        assertFalse(rests);
        look(10, false);
        assertFalse(rests);
        look(30, false);
        assertTrue(rests);
    }
}

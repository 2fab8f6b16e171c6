package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process of a site that was killed has left in shared memory: it goes with the next command of the site, whichever. */
final class SiteRemains {
    private static final Logger LOG = LoggerFactory.getLogger(SiteRemains.class);

    private SiteRemains() {}

    /** Deletes it, unless the site runs, or starts just now. */
    static void sweep(SiteFolder folder) {
        if (!Files.isWritable(folder.driver()) || SiteLock.isHeld(folder)) {
            return;
        }
        try (SiteLock lock = SiteLock.take(folder)) {
            DriverKeeper.deleteStale(lock.folder());
        } catch (IOException | CommandFailure e) {
            LOG.debug("remains of a killed process stay: {}", e.getMessage());
        }
    }
}

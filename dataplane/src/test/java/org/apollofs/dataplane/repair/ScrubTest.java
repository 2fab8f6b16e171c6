package org.apollofs.dataplane.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A scrub looks at everything once in its period, and goes on where another process was. */
@Timeout(60)
class ScrubTest {
    private static final long PERIOD_MS = 100_000;

    @TempDir
    private Path directory;

    private final Map<String, JobRecord> kept = new HashMap<>();
    private long nowMs = 1_000_000;

    private final JobStore store = new JobStore() {
        @Override
        public JobRecord load(String job) {
            return kept.get(job);
        }

        @Override
        public void save(JobRecord job) {
            kept.put(job.job(), job);
        }
    };

    private Scrub scrub(RepairSite site) {
        return new Scrub(
                site.namespace::liveExtents, site.client.placements(), site::timeNs, () -> nowMs, store, PERIOD_MS);
    }

    @Test
    void shouldGoThroughAllInItsPeriodBesideRestarts() {
        try (RepairSite site = new RepairSite(directory, "2+1", 3, 41)) {
            for (int i = 0; i < 60; i++) {
                site.write(3 * RepairSite.CHUNK);
            }
            Set<StripeName> live = site.liveStripes();
            Set<StripeName> looked = new HashSet<>();
            Scrub scrub = scrub(site);
            long started = nowMs;
            int count = 0;
            while (scrub.record().lastEndedMs() == 0) {
                RepairItem item = scrub.poll(live.size());
                if (item != null) {
                    looked.add(item.name());
                    scrub.onLooked(0);
                    if (++count % 25 == 0) {
                        scrub.save();
                        scrub = scrub(site);
                    }
                }
                nowMs += 50;
                site.sleep(50_000_000);
                assertTrue(nowMs - started < 2 * PERIOD_MS, "looked=" + looked.size() + " of " + live.size());
            }
            assertEquals(live, looked);
            assertTrue(nowMs - started > PERIOD_MS / 2, "took " + (nowMs - started));
            // Pages that were begun are gone through again after a restart; no more than that.
            assertTrue(count < 2 * live.size(), "count=" + count);
            while (nowMs < started + PERIOD_MS - 100) {
                assertNull(scrub.poll(live.size()));
                nowMs += 50;
            }
        }
    }
}

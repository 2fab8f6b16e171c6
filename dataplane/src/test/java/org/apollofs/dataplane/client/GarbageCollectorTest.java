package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a host's collector does with stripes that the namespace has never heard of. */
@Timeout(60)
class GarbageCollectorTest {
    @TempDir
    Path directory;

    /** More than it takes at a time. */
    @Test
    void shouldDeleteAllStripesThatWereAbandoned() {
        int count = 1000;
        try (OneThreadSite site = new OneThreadSite(directory, "4+2", 64, 1)) {
            long inode = site.create("file");
            OpenFile file = site.host.open(inode, false);
            OneThreadHost.write(file, 0, new byte[10_000], 0, 10_000);
            file.fsync();
            file.release();
            int placement =
                    site.host.session.readContent(inode).extents().getFirst().placement();
            for (int i = 0; i < count; i++) {
                site.host.client.abandonedStripes().add(10_000 + i, placement);
            }
            site.run(site.host.client.abandonedStripes()::isEmpty);
            site.collectGarbage();
            assertEquals(count, site.host.garbage.status().stripesDeleted());
        }
    }
}

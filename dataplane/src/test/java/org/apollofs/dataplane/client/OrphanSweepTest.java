package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apollofs.dataplane.repair.OrphanSweep;
import org.apollofs.dataplane.repair.SweepContext;
import org.apollofs.transport.ChunkAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a sweep deletes, and above all what it does not. */
@Timeout(60)
class OrphanSweepTest {
    private static final long DELAY_NS = 1_000_000_000L;
    private static final int ORPHANS = 20;

    @TempDir
    Path directory;

    /** Of the sweep alone: the delay passes when the test says so. */
    private final AtomicLong clock = new AtomicLong();

    private TestSite site;
    private TestSite.Host killed;
    private long file;
    private int live;

    @BeforeEach
    void killAHostThatHadWritten() {
        site = new TestSite(directory, "4+2", 6);
        for (MemoryTarget target : site.targets) {
            target.capacity = 64 << 20;
        }
        killed = site.host();
        file = site.create();
        OpenFile open = killed.client.open(file, false);
        TestSite.write(open, 0, random(30, 500_000));
        open.release();
        live = site.totalChunks();
        for (int i = 0; i < ORPHANS; i++) {
            // Stripes that were written, but whose commit never came.
            site.targets[i % 6].put(new ChunkAddress(killed.namespace.session(), 100_000 + i, i % 6), random(31, 1000));
        }
    }

    @AfterEach
    void close() {
        site.close();
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private SweepContext context(TestSite.Host host) {
        return new SweepContext()
                .namespace(host.namespace)
                .targets(host.client.targets())
                .placements(host.client.placements())
                .clock(clock::get)
                .witness((target, identity) -> true)
                .delayNs(DELAY_NS);
    }

    private TestSite.Host restart() {
        site.namespace.beginGeneration();
        TestSite.Host host = site.host();
        TestSite.await(() -> host.client.targets().hasAllStatus());
        return host;
    }

    /** Lets the sweep do what it can at this time, until it has nothing to do for a while. */
    @SuppressWarnings("ThreadPriorityCheck") // The targets are to have their turn; nothing rests on it.
    private static void settle(OrphanSweep sweep) {
        int idle = 0;
        while (idle < 2_000) {
            idle = sweep.doWork() == 0 ? idle + 1 : 0;
            Thread.yield();
        }
    }

    private void checkFile(TestSite.Host host) {
        OpenFile open = host.client.open(file, false);
        assertArrayEquals(random(30, 500_000), TestSite.readAll(open, 100_000));
        open.release();
    }

    @Test
    void shouldDeleteWhatItSawDeadTwiceAndNothingElse() {
        killed.namespace.close();
        TestSite.Host next = restart();
        ChunkAddress present = new ChunkAddress(next.namespace.session(), 5, 0);
        ChunkAddress unknown = new ChunkAddress(next.namespace.session() + 1000, 5, 0);
        site.targets[0].put(present, random(32, 1000));
        site.targets[0].put(unknown, random(33, 1000));
        OrphanSweep sweep = new OrphanSweep(context(next).limitPercent(100));
        settle(sweep);
        assertEquals(live + ORPHANS + 2, site.totalChunks(), "deleted at the first sight");
        TestSite.await(() -> {
            clock.addAndGet(DELAY_NS);
            sweep.doWork();
            return sweep.isDone();
        });
        assertEquals(ORPHANS, sweep.deleted());
        assertEquals(live + 2, site.totalChunks());
        checkFile(next);
    }

    @Test
    void shouldWaitForTheEndOfASession() {
        TestSite.Host next = restart();
        OrphanSweep sweep = new OrphanSweep(context(next).limitPercent(100));
        for (int i = 0; i < 3; i++) {
            settle(sweep);
            clock.addAndGet(DELAY_NS);
        }
        assertFalse(sweep.isDone());
        assertEquals(live + ORPHANS, site.totalChunks(), "of a session that is open");
        killed.namespace.close();
        TestSite.await(() -> {
            clock.addAndGet(DELAY_NS);
            sweep.doWork();
            return sweep.isDone();
        });
        assertEquals(live, site.totalChunks());
    }

    @Test
    void shouldDeleteNothingOfTheGenerationThatRuns() {
        TestSite.Host next = site.host();
        killed.namespace.close();
        TestSite.await(() -> next.client.targets().hasAllStatus());
        OrphanSweep sweep = new OrphanSweep(context(next).limitPercent(100));
        TestSite.await(() -> {
            clock.addAndGet(DELAY_NS);
            sweep.doWork();
            return sweep.isDone();
        });
        assertEquals(live + ORPHANS, site.totalChunks());
    }

    @Test
    void shouldAskBeforeItDeletesMuch() {
        killed.namespace.close();
        // As a tree that is empty looks: nothing refers to anything.
        site.unlink(file);
        for (int i = 0; i < 6; i++) {
            for (int stripe = 0; stripe < 100; stripe++) {
                site.targets[i].put(
                        new ChunkAddress(killed.namespace.session(), 200_000 + stripe, i), random(34, 60_000));
            }
        }
        TestSite.Host next = restart();
        int all = site.totalChunks();
        OrphanSweep sweep = new OrphanSweep(context(next).limitPercent(20));
        TestSite.await(() -> {
            clock.addAndGet(DELAY_NS);
            sweep.doWork();
            return sweep.status().waiting().size() == 6;
        });
        clock.addAndGet(DELAY_NS);
        settle(sweep);
        assertEquals(all, site.totalChunks());
        assertFalse(sweep.isDone());
        assertTrue(sweep.status().waiting().getFirst().contains("not deleted until it is confirmed"));
        sweep.confirm();
        TestSite.await(() -> {
            clock.addAndGet(DELAY_NS);
            sweep.doWork();
            return sweep.isDone();
        });
        assertEquals(0, site.totalChunks());
        assertTrue(sweep.status().waiting().isEmpty());
    }

    @Test
    void shouldLeaveATargetAloneThatAnotherNamespaceUsed() {
        killed.namespace.close();
        TestSite.Host next = restart();
        int kept = site.targets[3].chunkCount();
        OrphanSweep sweep = new OrphanSweep(context(next).limitPercent(100).witness((target, identity) -> target != 3));
        TestSite.await(() -> {
            clock.addAndGet(DELAY_NS);
            sweep.doWork();
            return sweep.isDone();
        });
        assertEquals(kept, site.targets[3].chunkCount());
        assertTrue(sweep.deleted() > 0);
        assertEquals(1, sweep.status().waiting().size());
    }
}

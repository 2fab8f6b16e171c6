package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.cluster.ClusterControl;
import io.aeron.cluster.service.Cluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Counters are read while what counts ends: whoever reads an unmapped one ends the process, and with it this test. */
@Timeout(120)
class ConsensusCountersTest {
    private static final int READERS = 4;
    private static final int ROUNDS = 200;

    @TempDir
    Path directory;

    /** Threads that read all the time. */
    private static final class Readers implements AutoCloseable {
        private final AtomicLong reads = new AtomicLong();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final List<Thread> threads = new ArrayList<>();
        private volatile boolean isStopping;

        Readers(Runnable read) {
            for (int i = 0; i < READERS; i++) {
                Thread thread = TestSite.daemon(() -> {
                    try {
                        while (!isStopping) {
                            read.run();
                            reads.incrementAndGet();
                        }
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                });
                threads.add(thread);
                thread.start();
            }
        }

        void awaitMore() {
            long wanted = reads.get() + 10 * READERS;
            while (reads.get() < wanted && failure.get() == null) {
                Thread.onSpinWait();
            }
            assertNull(failure.get(), () -> failure.get().toString());
        }

        @Override
        public void close() {
            isStopping = true;
            for (Thread thread : threads) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private static void readAll(ConsensusCounters counters) {
        counters.isPresent();
        counters.role();
        counters.election();
        counters.commitPosition();
        counters.snapshots();
        counters.toggle(ClusterControl.ToggleState.INACTIVE);
    }

    @Test
    void shouldBeGoneForThoseWhoReadWhileItIsClosed() throws Exception {
        try (TestSite site = new TestSite(directory);
                ClusterNamespace namespace = site.connect()) {
            assertTrue(namespace.session() > 0);
            String driver = site.member().aeronDirectory();
            AtomicReference<ConsensusCounters> current =
                    new AtomicReference<>(new ConsensusCounters(driver, NamespaceMember.CLUSTER_ID));
            try (Readers readers = new Readers(() -> readAll(current.get()))) {
                for (int round = 0; round < ROUNDS; round++) {
                    readers.awaitMore();
                    ConsensusCounters closed = current.get();
                    assertEquals(Cluster.Role.LEADER, closed.role());
                    // Who reads goes on reading this one: nothing is put in its place before it is closed.
                    closed.close();
                    assertFalse(closed.isPresent());
                    assertNull(closed.election());
                    assertEquals(ConsensusCounters.GONE, closed.commitPosition());
                    assertFalse(closed.toggle(ClusterControl.ToggleState.SNAPSHOT));
                    current.set(new ConsensusCounters(driver, NamespaceMember.CLUSTER_ID));
                }
            }
            current.get().close();
        }
    }

    /** As status, the watch of space and the keeper of snapshots do. */
    @Test
    void shouldSayThatItIsStoppedWhileAMemberEnds() throws Exception {
        TestSite site = new TestSite(directory);
        NamespaceMember member = site.member();
        ClusterNamespace namespace = site.connect();
        assertTrue(namespace.session() > 0);
        try (Readers readers = new Readers(() -> {
            member.isLeader();
            member.describe();
        })) {
            readers.awaitMore();
            site.abort();
            readers.awaitMore();
        }
        namespace.close();
        assertFalse(member.isLeader());
        assertFalse(member.takeSnapshot());
        assertEquals("stopped", member.describe());
    }
}

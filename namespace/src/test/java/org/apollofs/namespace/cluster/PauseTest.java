package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Processes stand still (SIGSTOP) under load, and go on: no error, nothing lost, nobody ends. For longer:
 * {@code -Dapollo.pauseSeconds=300}.
 */
@Timeout(3_600)
@Execution(ExecutionMode.CONCURRENT)
class PauseTest {
    /** Longer than any time-out of Aeron's own that stands for "gone" but two. */
    private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(Integer.getInteger("apollo.pauseSeconds", 12));

    private static final int THREADS = 4;
    private static final int SOME = 5;

    @TempDir
    Path directory;

    /** What stands still is the matter, so here time is waited for. */
    private static void standStill() {
        long end = System.nanoTime() + PAUSE_NS;
        for (long left = PAUSE_NS; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void signal(String name, Process process) throws IOException, InterruptedException {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .inheritIO()
                        .start()
                        .waitFor());
    }

    @Test
    void shouldGoOnWhenTheLeaderStoodStill() throws Exception {
        pauseOne(true);
    }

    @Test
    void shouldGoOnWhenAFollowerStoodStill() throws Exception {
        pauseOne(false);
    }

    private void pauseOne(boolean isLeader) throws Exception {
        try (TestCluster cluster = TestCluster.launch(directory, 3);
                ClusterNamespace namespace = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, THREADS)) {
            load.awaitMore(SOME);
            int paused = isLeader ? namespace.leader() : (namespace.leader() + 1) % 3;
            cluster.pause(paused);
            load.awaitMore(SOME);
            standStill();
            cluster.resume(paused);
            load.awaitMore(SOME);
            // It takes part again: with one of the others gone it is needed.
            int other = namespace.leader() == paused ? (paused + 1) % 3 : namespace.leader();
            cluster.kill(other);
            load.awaitMore(SOME);
            load.stop();
            load.check(namespace);
            assertTrue(cluster.isRunning(paused), "the member that stood still has ended");
        }
    }

    @Test
    void shouldGoOnWhenAllStoodStill() throws Exception {
        try (TestCluster cluster = TestCluster.launch(directory, 3);
                ClusterNamespace namespace = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, THREADS)) {
            load.awaitMore(SOME);
            for (int i = 0; i < 3; i++) {
                cluster.pause(i);
            }
            standStill();
            for (int i = 0; i < 3; i++) {
                cluster.resume(i);
            }
            load.awaitMore(SOME);
            load.stop();
            load.check(namespace);
            for (int i = 0; i < 3; i++) {
                assertTrue(cluster.isRunning(i), "a member has ended: member=" + i);
            }
        }
    }

    /** Driver, archive, consensus module, service, reads and client in one process, as in a site. */
    @Test
    void shouldGoOnWhenAWholeSiteStoodStill() throws Exception {
        Process site = JavaProcess.start(MemberProcess.class, directory.toString(), Integer.toString(THREADS));
        try (BufferedReader out = site.inputReader(StandardCharsets.UTF_8)) {
            AtomicLong puts = new AtomicLong();
            TestSite.daemon(() -> out.lines().forEach(line -> puts.incrementAndGet()))
                    .start();
            awaitMore(puts, SOME, site);
            signal("STOP", site);
            standStill();
            signal("CONT", site);
            awaitMore(puts, SOME, site);
        } finally {
            site.destroyForcibly();
            site.waitFor();
        }
    }

    private static void awaitMore(AtomicLong puts, long more, Process site) {
        long wanted = puts.get() + more;
        while (puts.get() < wanted) {
            assertTrue(site.isAlive(), "the site has ended");
            LockSupport.parkNanos(1_000_000);
        }
    }
}

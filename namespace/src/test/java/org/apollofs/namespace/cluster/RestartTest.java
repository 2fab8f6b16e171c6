package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.driver.MediaDriver;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A member that is stopped, aborted, killed: and what is there after. */
@Timeout(100)
class RestartTest {
    @TempDir
    Path directory;

    private static void write(Namespace namespace, int from, int to) {
        long parent = from == 0
                ? namespace
                        .makeDirectory(Inode.ROOT, "d".getBytes(UTF_8), 0755, 0, 0)
                        .id()
                : namespace.lookup(Inode.ROOT, "d".getBytes(UTF_8)).id();
        for (int i = from; i < to; i++) {
            namespace.create(parent, ("f" + i).getBytes(UTF_8), 0644, 0, 0);
            namespace.keyValue().put("keys/" + i, ("value " + i).getBytes(UTF_8), KeyValue.ABSENT);
        }
    }

    private static void check(Namespace namespace, int to) {
        long parent = namespace.lookup(Inode.ROOT, "d".getBytes(UTF_8)).id();
        assertEquals(to, namespace.readDirectory(parent, null, 10_000).entries().size());
        for (int i = 0; i < to; i++) {
            byte[] value = namespace.keyValue().get("keys/" + i).orElseThrow().value();
            assertEquals("value " + i, new String(value, UTF_8));
        }
    }

    @Test
    void shouldKeepAllOverACleanStop() {
        try (TestSite site = new TestSite(directory)) {
            try (Namespace namespace = site.connect()) {
                write(namespace, 0, 100);
            }
            assertEquals(0, site.member().counters().snapshots.sum());
        }
        try (TestSite site = new TestSite(directory);
                Namespace namespace = site.connect()) {
            check(namespace, 100);
            // Only the new session came through the log: the rest was in the snapshot.
            assertTrue(site.member().counters().commands.sum() < 10);
            write(namespace, 100, 120);
            check(namespace, 120);
        }
        try (TestSite site = new TestSite(directory);
                Namespace namespace = site.connect()) {
            check(namespace, 120);
        }
    }

    @Test
    void shouldReplayTheLogAfterAnAbort() {
        TestSite aborted = new TestSite(directory);
        // A lease of its length is not renewed meanwhile: renewals change the digest.
        Namespace namespace = ClusterNamespace.connect(ClusterClientContext.beside(aborted.member())
                .threadFactory(TestSite::daemon)
                .leaseNs(TimeUnit.HOURS.toNanos(1)));
        write(namespace, 0, 50);
        assertTrue(aborted.member().takeSnapshot());
        assertEquals(1, aborted.member().counters().snapshots.sum());
        write(namespace, 50, 100);
        long position = aborted.member().reads().appliedPosition();
        String digest = aborted.member().state().digest();
        aborted.abort();
        try (TestSite site = new TestSite(directory)) {
            // The session that was open is still: leases end by the log's time.
            awaitApplied(site, position);
            assertEquals(digest, site.member().state().digest());
            try (Namespace again = site.connect()) {
                check(again, 100);
            }
        }
    }

    private static void awaitApplied(TestSite site, long position) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (site.member().reads().appliedPosition() < position) {
            assertTrue(System.nanoTime() < deadline, "the log is not replayed");
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldLoseNothingAcknowledgedToAKill() throws Exception {
        int threads = 8;
        long[] acknowledged = new long[threads];
        for (int round = 0; round < 3; round++) {
            Process process = JavaProcess.start(MemberProcess.class, directory.toString(), Integer.toString(threads));
            long lines = readSome(process, acknowledged, 500 + 300 * round);
            assertTrue(lines > 0, "the member wrote nothing");
        }
        try (TestSite site = new TestSite(directory);
                Namespace namespace = site.connect()) {
            for (int i = 0; i < threads; i++) {
                byte[] value = namespace
                        .keyValue()
                        .get(MemberProcess.key(i))
                        .orElseThrow()
                        .value();
                long count = Long.parseLong(new String(value, UTF_8));
                // At most one put was under way when it was killed.
                assertTrue(
                        count == acknowledged[i] || count == acknowledged[i] + 1,
                        "thread=" + i + ", acknowledged=" + acknowledged[i] + ", found=" + count);
            }
            assertEquals(0, site.member().counters().framesTorn.sum());
        }
    }

    /** Reads acknowledgements, kills the process in the midst, and reads what it had still written. */
    private static long readSome(Process process, long[] acknowledged, int killAfter) throws Exception {
        long lines = 0;
        try (BufferedReader reader = process.inputReader(UTF_8)) {
            String line = reader.readLine();
            while (line != null) {
                String[] fields = line.split(" ");
                // The last line may be cut.
                if (fields.length == 2) {
                    acknowledged[Integer.parseInt(fields[0])] = Long.parseLong(fields[1]);
                }
                if (++lines == killAfter) {
                    // Of the handle: the process's own closes the stream.
                    process.toHandle().destroyForcibly();
                }
                line = reader.readLine();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return lines;
    }

    @Test
    @SuppressWarnings("try") // The client closes before the member does.
    void shouldCarryClientsOverARestart() throws Exception {
        AttentiveIdle idle = new AttentiveIdle();
        try (MediaDriver driver = MediaDriver.launch(TestSite.driver(directory, idle))) {
            TestSite first = new TestSite(directory, 1, driver.aeronDirectoryName());
            try (ClusterNamespace namespace = ClusterNamespace.connect(new ClusterClientContext()
                    .aeronDirectory(driver.aeronDirectoryName())
                    .idle(idle)
                    .deadlineNs(TimeUnit.SECONDS.toNanos(60))
                    .threadFactory(TestSite::daemon))) {
                AtomicLong count = new AtomicLong();
                AtomicBoolean isStopping = new AtomicBoolean();
                AtomicReference<Throwable> failure = new AtomicReference<>();
                Thread counting = TestSite.daemon(() -> {
                    try {
                        long version = namespace.keyValue().put("counter", new byte[0], KeyValue.ABSENT);
                        while (!isStopping.get()) {
                            // Refused if the one before was applied twice, or not at all.
                            version = namespace.keyValue().put("counter", new byte[0], version);
                            count.incrementAndGet();
                        }
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                });
                counting.start();
                awaitCount(count, 50, failure);
                long session = namespace.session();
                first.abort();
                try (TestSite second = new TestSite(directory, 1, driver.aeronDirectoryName())) {
                    awaitCount(count, count.get() + 50, failure);
                    isStopping.set(true);
                    counting.join();
                    assertNull(failure.get(), () -> failure.get().toString());
                    assertEquals(session, namespace.session());
                    second.assertSound();
                    namespace.close();
                }
            }
        }
    }

    private static void awaitCount(AtomicLong count, long target, AtomicReference<Throwable> failure) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (count.get() < target) {
            assertNull(failure.get(), () -> failure.get().toString());
            assertTrue(System.nanoTime() < deadline, "stuck at " + count.get());
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldSayThatNobodyAnswers() {
        try (MediaDriver driver = MediaDriver.launch(TestSite.driver(directory, new AttentiveIdle()))) {
            NamespaceException thrown = assertThrows(
                    NamespaceException.class,
                    () -> ClusterNamespace.connect(new ClusterClientContext()
                                    .aeronDirectory(driver.aeronDirectoryName())
                                    .connectTimeoutNs(TimeUnit.MILLISECONDS.toNanos(300))
                                    .threadFactory(TestSite::daemon))
                            .close());
            assertEquals(NamespaceError.UNAVAILABLE, thrown.error(), thrown.getMessage());
        }
    }
}

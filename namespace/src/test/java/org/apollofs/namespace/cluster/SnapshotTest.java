package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots by themselves and by request, and what is deleted after them. */
@Timeout(100)
class SnapshotTest {
    private static final int SEGMENT = 1 << 20;
    private static final int VALUE = 32 * 1024;

    @TempDir
    Path directory;

    private TestSite launch() {
        return new TestSite(
                directory,
                1,
                null,
                ctx -> ctx.logTermLength(SEGMENT).segmentFileLength(SEGMENT).snapshotLogLength(4 * SEGMENT));
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "it does not come about");
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Files of the log, or of snapshots. */
    private long files(boolean ofLog) {
        return files(directory.resolve("archive"), ofLog);
    }

    private static long files(Path archive, boolean ofLog) {
        try (Stream<Path> files = Files.list(archive)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".rec") && name.startsWith("0-") == ofLog)
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] value(int number) {
        byte[] value = new byte[VALUE];
        byte[] text = Integer.toString(number).getBytes(UTF_8);
        System.arraycopy(text, 0, value, 0, text.length);
        return value;
    }

    @Test
    void shouldBoundTheFolder() throws Exception {
        int puts = 0;
        try (TestSite site = launch();
                Namespace namespace = site.connect()) {
            KeyValue keys = namespace.keyValue();
            NamespaceCounters counters = site.member().counters();
            // How many snapshots so many puts bring depends on the machine, so it goes on until there are enough.
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (counters.snapshots.sum() < 3
                    || counters.snapshotsPurged.sum() < 2
                    || counters.logSegmentsPurged.sum() <= 20) {
                assertTrue(System.nanoTime() < deadline, "nothing is purged: puts=" + puts);
                keys.put("k" + puts % 10, value(puts++), KeyValue.ANY_VERSION);
            }
            // Slowly, so that the snapshots come as close together as they may: then there are two snapshots' worth of
            // log, the file that is written, and some that came meanwhile. Of snapshots, two parts each, and maybe one
            // that is being deleted.
            while (files(true) >= 20 || files(false) > 6) {
                assertTrue(System.nanoTime() < deadline, "log=" + files(true) + ", snapshots=" + files(false));
                keys.put("k" + puts % 10, value(puts++), KeyValue.ANY_VERSION);
                LockSupport.parkNanos(10_000_000);
            }
        }
        try (TestSite site = launch();
                Namespace namespace = site.connect()) {
            for (int i = puts - 10; i < puts; i++) {
                assertArrayEquals(
                        value(i),
                        namespace.keyValue().get("k" + i % 10).orElseThrow().value());
            }
        }
    }

    @Test
    void shouldTakeASnapshotWhenAsked() {
        try (TestSite site = launch();
                ClusterNamespace namespace = site.connectRemotely()) {
            namespace.keyValue().put("k", new byte[1], KeyValue.ANY_VERSION);
            assertEquals(0, site.member().counters().snapshots.sum());
            namespace.takeSnapshot();
            await(() -> site.member().counters().snapshots.sum() == 1);
        }
    }

    /** It starts seven processes, one after the other. */
    @Test
    @Timeout(300)
    void shouldDeleteWhatASnapshotLeftThatWasCutShort() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (TestCluster cluster = TestCluster.launch(directory, 1);
                ClusterNamespace namespace = cluster.connect()) {
            for (int i = 0; i < 500; i++) {
                namespace.keyValue().put("k" + i, value(i), KeyValue.ANY_VERSION);
            }
            for (int round = 0; round < 6; round++) {
                namespace.takeSnapshot();
                LockSupport.parkNanos(random.nextLong(60_000_000));
                cluster.kill(0);
                cluster.start(0);
                namespace.keyValue().put("round", value(round), KeyValue.ANY_VERSION);
            }
            // Of up to six snapshots, two parts each; those that are whole may be three while one is being deleted.
            Path archive = cluster.folder(0).resolve("archive");
            await(() -> files(archive, false) <= 6);
        }
    }
}

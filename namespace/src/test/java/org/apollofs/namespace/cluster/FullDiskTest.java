package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the log fills: the members live on, refuse what grows, and go on when there is space again. */
@Timeout(120)
class FullDiskTest {
    /** Sparse. The reserve is 327 MiB of it: enough for Aeron's own buffers, which lie on the disk too here. */
    private static final long DISK = 16L << 30;

    private static final long LEFT = 360L << 20;
    private static final int VALUE = 60_000;
    private static final int KEYS = 20;

    @TempDir
    Path directory;

    @BeforeEach
    void needsLoopDevices() {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
    }

    /** Takes space so that only some is left; nothing is written. */
    private static Path fill(PowerCutFileSystem disk, long left) throws Exception {
        Path filler = Files.createFile(disk.root().resolve("filler"));
        long length = Files.getFileStore(filler).getUsableSpace() - left;
        Process fallocate = new ProcessBuilder("fallocate", "-l", Long.toString(length), filler.toString())
                .inheritIO()
                .start();
        assertEquals(0, fallocate.waitFor());
        return filler;
    }

    private static byte[] value(int number) {
        byte[] value = new byte[VALUE];
        value[0] = (byte) number;
        return value;
    }

    private static NamespaceError put(KeyValue keys, int number) {
        try {
            keys.put("k" + number % KEYS, value(number), KeyValue.ANY_VERSION);
            return null;
        } catch (NamespaceException e) {
            return e.error();
        }
    }

    /** Puts until it is refused. @return how many were taken. */
    private static int putUntilRefused(KeyValue keys, int from) {
        int number = from;
        NamespaceError error = put(keys, number);
        while (error == null) {
            number++;
            error = put(keys, number);
        }
        assertEquals(NamespaceError.NO_SPACE, error);
        return number;
    }

    private static void putUntilTaken(KeyValue keys, int number) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (put(keys, number) != null) {
            assertTrue(System.nanoTime() < deadline, "it goes on refusing");
        }
    }

    @Test
    void shouldRefuseWhatGrowsAndLiveOn() throws Exception {
        Path clients = Files.createDirectory(directory.resolve("clients"));
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(directory, DISK);
                TestCluster cluster = TestCluster.launch(disk.root(), clients, 3, 1);
                ClusterNamespace namespace = cluster.connect()) {
            KeyValue keys = namespace.keyValue();
            keys.put("early", value(0), KeyValue.ANY_VERSION);
            Path filler = fill(disk, LEFT);
            int taken = putUntilRefused(keys, 0);
            // What is there can be read and deleted; the next leader refuses too.
            assertTrue(keys.delete("early", KeyValue.ANY_VERSION));
            cluster.kill(namespace.leader());
            assertEquals(NamespaceError.NO_SPACE, put(keys, taken));
            Files.delete(filler);
            putUntilTaken(keys, taken);
            for (int i = 0; i < 3; i++) {
                if (cluster.isRunning(i)) {
                    cluster.kill(i);
                }
            }
            for (int i = 0; i < 3; i++) {
                cluster.start(i);
            }
            assertFalse(keys.get("early").isPresent());
            for (int number = Math.max(0, taken - KEYS + 1); number <= taken; number++) {
                assertArrayEquals(
                        value(number),
                        keys.get("k" + number % KEYS).orElseThrow().value(),
                        "number=" + number);
            }
        }
    }

    @Test
    void shouldCallLittleSpaceLowUntilThereIsMore() {
        long large = 10L << 40;
        long reserve = 512L << 20;
        assertTrue(DiskSpace.isLow(reserve - 1, large, 0, false));
        assertFalse(DiskSpace.isLow(reserve, large, 0, false));
        assertTrue(DiskSpace.isLow(reserve, large, 0, true));
        assertFalse(DiskSpace.isLow(2 * reserve, large, 0, true));
        // The next snapshot must fit.
        long snapshot = 3L << 30;
        assertTrue(DiskSpace.isLow(snapshot + reserve - 1, large, snapshot, false));
        assertFalse(DiskSpace.isLow(snapshot + 2 * reserve, large, snapshot, true));
        // Of a small disk a part, but more than a member needs.
        assertFalse(DiskSpace.isLow((8L << 30) / 50, 8L << 30, 0, false));
        assertTrue(DiskSpace.isLow(NamespaceMember.FULL_DISK_BYTES, 300L << 20, 0, false));
    }
}

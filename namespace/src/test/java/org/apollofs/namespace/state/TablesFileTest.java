package org.apollofs.namespace.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.namespace.client.KeyValue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tables in memory, and what becomes of those that are too large for it. */
@Timeout(120)
class TablesFileTest {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long MAP = 4L << 20;
    private static final int VALUE = 20_000;

    @TempDir
    Path directory;

    @BeforeEach
    void needsMemory() throws IOException {
        assumeTrue(
                Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > 64 * MAP,
                "no room in memory");
    }

    /** A log of a session that puts values. */
    private static final class Puts {
        private final CommandLog log;
        private final long session;
        private int count;

        Puts(NamespaceState state) {
            log = new CommandLog(state);
            session = log.openSession();
        }

        void put() {
            count++;
            log.apply(
                    session,
                    count,
                    count,
                    (encoder, to) -> encoder.put(to, key(count), value(count), KeyValue.ANY_VERSION));
        }

        void put(int more) {
            for (int i = 0; i < more; i++) {
                put();
            }
        }
    }

    private static byte[] key(int number) {
        return ("k" + number).getBytes(UTF_8);
    }

    private static byte[] value(int number) {
        byte[] value = new byte[VALUE];
        new Random(number).nextBytes(value);
        return value;
    }

    private static void check(NamespaceState state, int count) {
        for (int i = 1; i <= count; i++) {
            assertArrayEquals(value(i), state.reads().get(key(i)).value(), "number=" + i);
        }
    }

    private static boolean isOnDisk(Path folder) {
        return Files.isRegularFile(folder.resolve("data.mdb"), LinkOption.NOFOLLOW_LINKS);
    }

    /** Puts what the kernel has of a file out of its cache, as it may do at any time. */
    private static void evict(Path file) throws IOException, InterruptedException {
        Process dd = new ProcessBuilder(
                        "dd", "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none")
                .inheritIO()
                .start();
        assertEquals(0, dd.waitFor());
    }

    /** With tables on it this ends by a page that cannot be read: in LMDB, and with this process, or here. */
    @Test
    void shouldReadWhenTheDiskIsDead() throws Exception {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(directory, PowerCutFileSystem.LEAST_BYTES)) {
            Path folder = disk.root().resolve("state");
            try (NamespaceState state = new NamespaceState(folder, 2 * MAP, 16 * MAP)) {
                Puts puts = new Puts(state);
                puts.put(200);
                if (isOnDisk(folder)) {
                    evict(folder.resolve("data.mdb"));
                }
                disk.cut();
                check(state, 200);
                // The log is what cannot be written any more.
                puts.put(10);
                check(state, 210);
            }
        }
    }

    @Test
    void shouldLeaveNothingInMemory() throws IOException {
        Path left = Files.writeString(MEMORY.resolve("apollo-test-" + UUID.randomUUID()), "left");
        // As if a process had been killed as it opened.
        Files.createSymbolicLink(directory.resolve("data.mdb"), left);
        try (NamespaceState state = new NamespaceState(directory, MAP, 16 * MAP)) {
            assertFalse(Files.exists(left));
            new Puts(state).put(10);
            check(state, 10);
            // It is in memory, and has neither a name there nor here.
            try (Stream<Path> files = Files.list(directory);
                    Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                assertEquals(0, files.count());
                assertTrue(maps.anyMatch(
                        line -> line.contains("/dev/shm/apollo-data.mdb-") && line.endsWith("(deleted)")));
            }
        }
    }

    @Test
    void shouldMoveToTheDiskWhenMemoryIsTooSmall() {
        CommandLog written;
        int count;
        try (NamespaceState state = new NamespaceState(directory, MAP, 2 * MAP)) {
            Puts puts = new Puts(state);
            TablesOutgrownException thrown = assertThrows(TablesOutgrownException.class, () -> puts.put(1_000));
            assertTrue(thrown.getMessage().contains("in memory=" + 2 * MAP), thrown.getMessage());
            written = puts.log;
            count = puts.count;
        }
        assertFalse(isOnDisk(directory));
        try (NamespaceState state = new NamespaceState(directory, MAP, 2 * MAP)) {
            assertTrue(isOnDisk(directory));
            written.entries().forEach(entry -> {
                entry.addTo(state, 1);
                state.commit((tag, buffer, offset, length) -> {});
            });
            check(state, count);
        }
        // For good, and without memory too.
        new NamespaceState(directory, MAP, 2 * MAP).close();
        assertTrue(isOnDisk(directory));
    }

    @Test
    void shouldLieOnTheDiskWhereThatIsWanted() {
        try (NamespaceState state = new NamespaceState(directory, MAP)) {
            new Puts(state).put(10);
            assertTrue(isOnDisk(directory));
        }
    }
}

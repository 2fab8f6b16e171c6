package org.apollofs.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.apollofs.fuse.backend.Backends;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.Libc;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.local.LocalNamespace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Mounting, unmounting, what is left behind, and what happens when the slabs run out: on the kernel backend. */
@Timeout(120)
class MountLifecycleTest {
    @TempDir
    Path scratch;

    private Path root;
    private LocalNamespace namespace;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs /dev/fuse");
        root = Files.createDirectory(scratch.resolve("mnt")).toRealPath();
        namespace = LocalNamespace.open(scratch.resolve("namespace"), new SystemEpochNanoClock());
    }

    @AfterEach
    void cleanUp() {
        Libc.umount2(root.toString(), Libc.MNT_FORCE | Libc.MNT_DETACH);
        namespace.close();
    }

    private MountFixture mount(MemoryDataClient data) {
        return new MountFixture(root, Backend.AUTO, namespace, data, 4);
    }

    private static void await(java.util.function.BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "timed out: " + what);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void shouldDetachWhatAKilledProcessLeft() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "--add-opens=java.base/java.nio=ALL-UNNAMED",
                        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServingProcess.class.getName(),
                        root.toString(),
                        scratch.resolve("other").toString(),
                        "KERNEL")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            String line = output.readLine();
            while (line != null && !line.contains("backend=kernel")) {
                line = output.readLine();
            }
            assertTrue(line != null, "the process did not mount");
            Files.writeString(root.resolve("f"), "served");
            MountException busy = assertThrows(MountException.class, () -> MountPoint.prepare(root));
            assertTrue(busy.getMessage().contains("busy"), busy.getMessage());
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThrows(IOException.class, () -> Files.readString(root.resolve("f")));
        MemoryDataClient data = new MemoryDataClient(namespace, 16, 1 << 20);
        try (MountFixture fixture = mount(data)) {
            assertFalse(Files.exists(root.resolve("f")));
            Files.writeString(root.resolve("g"), "new");
            assertTrue(fixture.mount.isMounted());
        }
        assertTrue(MountTable.at(root).isEmpty());
        data.close();
    }

    @Test
    void shouldEndWorkersWhenSomebodyElseUnmounts() {
        MemoryDataClient data = new MemoryDataClient(namespace, 16, 1 << 20);
        try (MountFixture fixture = mount(data)) {
            MountFixture.shell(Path.of("/"), "umount " + root);
            await(() -> !fixture.isServing(), "workers end");
            assertFalse(fixture.mount.isMounted());
        }
        data.close();
    }

    @Test
    void shouldUnmountThoughBusy() throws IOException, InterruptedException {
        MemoryDataClient data = new MemoryDataClient(namespace, 16, 1 << 20);
        Process sleeper;
        try (MountFixture fixture = mount(data)) {
            assertTrue(fixture.mount.isMounted());
            sleeper = new ProcessBuilder("bash", "-c", "exec 9>held; echo x >&9; echo ready; exec sleep 60")
                    .directory(root.toFile())
                    .start();
            assertEquals('r', sleeper.getInputStream().read());
        } finally {
            assertTrue(MountTable.at(root).isEmpty());
        }
        sleeper.destroyForcibly().waitFor();
        data.close();
    }

    @Test
    void shouldServeWhileNoSlabIsFree() throws IOException {
        MemoryDataClient data = new MemoryDataClient(namespace, 12, 1 << 20);
        byte[] bytes = MountContract.random(3, 3_000_000);
        try (MountFixture fixture = mount(data)) {
            List<Slab> taken = new ArrayList<>();
            for (Slab slab = data.slabs().tryAcquire();
                    slab != null;
                    slab = data.slabs().tryAcquire()) {
                taken.add(slab);
            }
            // Idle workers hold a slab each: more requests than workers, none of which gives its slab back.
            data.keepsWrittenSlabs = true;
            Path file = root.resolve("f");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                for (int i = 0; i < 4; i++) {
                    channel.write(ByteBuffer.wrap(bytes), 0);
                }
                channel.force(true);
            }
            assertTrue(fixture.context.counters().get(MountCounters.Counter.SLAB_POOL_EMPTY) > 0);
            taken.forEach(Slab::release);
            assertArrayEquals(bytes, Files.readAllBytes(file));
        }
        assertEquals(12, data.slabs().available());
        data.close();
    }

    @Test
    void shouldServeWithSmallSlabs() throws IOException {
        MemoryDataClient data = new MemoryDataClient(namespace, 16, 64 * 1024);
        byte[] bytes = MountContract.random(4, 3_000_000);
        try (MountFixture fixture = mount(data)) {
            assertTrue(fixture.mount.description().contains("maxWrite=65536"), fixture.mount.description());
            Files.write(root.resolve("f"), bytes);
            assertArrayEquals(bytes, Files.readAllBytes(root.resolve("f")));
        }
        data.close();
    }

    @Test
    void shouldHandSlabsOnForLargeWrites() throws IOException {
        MemoryDataClient data = new MemoryDataClient(namespace, 16, 1 << 20);
        try (MountFixture fixture = mount(data)) {
            MountFixture.shell(root, "dd if=/dev/zero of=f bs=1M count=8 status=none");
            MountCounters counters = fixture.context.counters();
            assertEquals(8, counters.get(MountCounters.Counter.SLAB_WRITES));
            assertEquals(0, counters.get(MountCounters.Counter.COPIED_WRITES));
            assertEquals(8 << 20, counters.get(MountCounters.Counter.WRITE_BYTES));
        }
        data.close();
    }

    /** Counts what the workers allocate; a request's handful of bytes would show thousands of times. */
    @Test
    void shouldNotAllocateWhenReadingAndWriting() throws IOException {
        NullDataClient data = new NullDataClient(16, 1 << 20);
        try (MountFixture fixture = new MountFixture(root, Backend.KERNEL, namespace, data, 2)) {
            String write = "fio --name=w --ioengine=psync --fallocate=none --filename=f --rw=write --size=64M --bs=";
            String read = "fio --name=r --ioengine=psync --filename=f --rw=read --direct=1 --size=64M --bs=";
            assumeTrue(MountFixture.hasCommand("fio"), "needs fio");
            String all = write + "4k; " + read + "4k; " + write + "256k; " + read + "256k";
            // Code that is not compiled yet allocates, and on a busy machine the compiler comes late: as often as it
            // takes.
            long requests = 0;
            long allocated = Long.MAX_VALUE;
            while (allocated >= 8 * requests) {
                long before = fixture.allocatedBytes();
                long begun = fixture.context.counters().get(MountCounters.Counter.REQUESTS);
                fixture.shell(all);
                requests = fixture.context.counters().get(MountCounters.Counter.REQUESTS) - begun;
                allocated = fixture.allocatedBytes() - before;
                System.out.println("bytes=" + allocated + ", requests=" + requests);
            }
            // Opening, looking up and the like may.
            assertTrue(requests > 30_000, "requests=" + requests);
        }
        data.close();
    }

    @Test
    void shouldSeeWhatAnotherHostDoes() throws IOException {
        MemoryDataClient data = new MemoryDataClient(namespace, 16, 1 << 20);
        LocalNamespace other = namespace.connect();
        try (MountFixture fixture = mount(data)) {
            assertFalse(Files.exists(root.resolve("d")), "and absent names are not remembered");
            Inode directory = other.makeDirectory(Inode.ROOT, "d".getBytes(UTF_8), 0755, 0, 0);
            other.create(directory.id(), "f".getBytes(UTF_8), 0644, 0, 0);
            assertTrue(Files.isDirectory(root.resolve("d")));
            assertEquals("f\n", fixture.shell("ls d"));
            assertEquals("", Files.readString(root.resolve("d/f")));
            other.keyValue().put("d/f", "value".getBytes(UTF_8), -1);
            assertEquals(5, Files.readAllBytes(root.resolve("d/f")).length, "opening looks anew");
            // A name removed elsewhere under an open file: an error at the latest on close, not a hang.
            assertThrows(IOException.class, () -> {
                try (FileChannel open = FileChannel.open(root.resolve("d/f"), StandardOpenOption.WRITE)) {
                    other.unlink(directory.id(), "f".getBytes(UTF_8), false);
                    open.write(ByteBuffer.wrap(new byte[10]));
                    open.force(true);
                }
            });
        }
        other.close();
        data.close();
    }

    @Test
    void shouldRefuseMountPointsInUse() {
        MemoryDataClient data = new MemoryDataClient(namespace, 16, 1 << 20);
        try (MountFixture fixture = mount(data)) {
            MountException refused = assertThrows(
                    MountException.class,
                    () -> Backends.mount(new MountContext()
                            .mountPoint(root)
                            .namespace(namespace)
                            .dataClient(data)
                            .backend(Backend.KERNEL)));
            assertEquals(MountException.Reason.MOUNT_POINT, refused.reason());
            assertTrue(fixture.mount.isMounted());
        }
        data.close();
    }

    @Test
    void shouldRefuseWrongSettings() {
        MemoryDataClient data = new MemoryDataClient(namespace, 4, 1 << 20);
        MountContext context =
                new MountContext().mountPoint(root).namespace(namespace).dataClient(data);
        assertThrows(
                IllegalArgumentException.class, () -> context.workerCount(1000).conclude());
        assertThrows(
                IllegalArgumentException.class,
                () -> context.workerCount(1).readAheadBytes(1).conclude());
        assertEquals(
                2, context.workerCount(8).readAheadBytes(1 << 20).conclude().workerCount(), "fewer than slabs");
        data.close();
    }
}

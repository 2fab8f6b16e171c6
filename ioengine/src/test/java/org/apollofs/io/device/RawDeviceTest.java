package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A raw block device: a loop device over a file, which only root can make. */
@Timeout(60)
class RawDeviceTest {
    private static final long CAPACITY = 16 << 20;

    @TempDir
    Path folder;

    private Path loop;

    @BeforeEach
    void makeFile() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "a loop device wants root");
        Path file = folder.resolve("disk");
        DataFile.prepare(file, CAPACITY, DataFile.Mode.ALLOCATED, DataFile.Progress.NONE);
    }

    private void attach(int sectorLength) throws Exception {
        String name = run(
                "losetup",
                "--find",
                "--show",
                "--sector-size",
                Integer.toString(sectorLength),
                folder.resolve("disk").toString());
        assumeTrue(name != null && name.startsWith("/dev/"), "no loop device to be had");
        loop = Path.of(name);
    }

    @AfterEach
    void detach() throws Exception {
        if (loop != null) {
            run("losetup", "--detach", loop.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "URING, 512",
        "URING, 4096",
        "FILE_CHANNEL, 512",
        "FILE_CHANNEL, 4096",
        "AUTO, 512",
    })
    void shouldUseARawDevice(Backend backend, int sectorLength) throws Exception {
        attach(sectorLength);
        try (SlabPool pool = SlabPool.allocate(2, 64 * 1024)) {
            BlockDeviceContext context =
                    new BlockDeviceContext().path(loop).backend(backend).slabPool(pool);
            try (BlockDevice device = BlockDevices.open(context)) {
                assertEquals(CAPACITY, device.capacity());
                // FileChannel aligns to the pages of /dev.
                int block = backend == Backend.FILE_CHANNEL ? 4096 : sectorLength;
                assertEquals(block, device.logicalBlockSize(), device.describe());
                assertInUse(backend);
                assertTrue(
                        backend == Backend.FILE_CHANNEL || device.describe().contains("(raw device)"),
                        device.describe());
                DeviceRig rig = new DeviceRig(device);
                Slab slab = pool.slab(0);
                DeviceRig.fill(slab, 0, 65536, 7);
                assertEquals(65536, rig.write(CAPACITY - 65536, slab, 0, 65536));
                assertEquals(0, rig.sync());
                assertEquals(65536, rig.read(CAPACITY - 65536, pool.slab(1), 0, 65536));
                assertTrue(DeviceRig.matches(pool.slab(1), 0, 65536, 7));
            }
        }
        byte[] file = Files.readAllBytes(folder.resolve("disk"));
        assertEquals(CAPACITY, file.length);
        assertTrue(file[(int) CAPACITY - 1] != 0 || file[(int) CAPACITY - 2] != 0);
    }

    /** Nobody else may write to it, nor mount it. */
    private void assertInUse(Backend backend) {
        OsException refused = assertThrows(
                OsException.class,
                () -> BlockDevices.open(new BlockDeviceContext().path(loop).backend(backend))
                        .close());
        assertEquals(Errno.EBUSY, refused.errno(), refused.getMessage());
    }

    private static String run(String... command) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return null;
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        return process.exitValue() == 0 ? output.strip() : null;
    }
}

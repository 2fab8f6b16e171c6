package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.chunk.LoopDisk;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a real disk's failures come back as, on both devices: a disk that is gone, and one that is full. */
@Timeout(120)
class DiskErrorTest {
    private static final int SLAB = 1 << 20;
    private static final long CAPACITY = 256L << 20;

    @TempDir
    Path folder;

    private LoopDisk disk;

    @BeforeEach
    void make() throws IOException, InterruptedException {
        disk = LoopDisk.tryMake(folder);
        assumeTrue(disk != null, "an XFS on a loop device wants root and xfsprogs");
    }

    @AfterEach
    void close() throws IOException {
        if (disk != null) {
            disk.close();
        }
    }

    private BlockDevice open(Backend backend, SlabPool pool) throws IOException {
        return BlockDevices.open(new BlockDeviceContext()
                .path(disk.path().resolve("data"))
                .backend(backend)
                .slabPool(pool));
    }

    @ParameterizedTest
    @EnumSource(
            value = Backend.class,
            names = {"URING", "FILE_CHANNEL"})
    void shouldReportADiskThatIsGone(Backend backend) throws IOException, InterruptedException {
        DataFile.prepare(disk.path().resolve("data"), 4 * SLAB, DataFile.Mode.ALLOCATED, DataFile.Progress.NONE);
        try (SlabPool pool = SlabPool.allocate(1, SLAB);
                BlockDevice device = open(backend, pool)) {
            DeviceRig rig = new DeviceRig(device);
            assertEquals(SLAB, rig.write(0, pool.slab(0), 0, SLAB));
            disk.cut();
            assertEquals(-Errno.EIO, rig.write(SLAB, pool.slab(0), 0, SLAB));
            assertEquals(-Errno.EIO, rig.read(0, pool.slab(0), 0, SLAB));
            assertEquals(-Errno.EIO, rig.sync());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Backend.class,
            names = {"URING", "FILE_CHANNEL"})
    void shouldReportADiskThatIsFull(Backend backend) throws IOException {
        try (RandomAccessFile sparse =
                new RandomAccessFile(disk.path().resolve("data").toFile(), "rw")) {
            sparse.setLength(CAPACITY);
        }
        fillUp();
        try (SlabPool pool = SlabPool.allocate(1, SLAB);
                BlockDevice device = open(backend, pool)) {
            DeviceRig rig = new DeviceRig(device);
            int result = SLAB;
            for (long offset = 0; result == SLAB && offset < CAPACITY; offset += SLAB) {
                result = rig.write(offset, pool.slab(0), 0, SLAB);
            }
            assertEquals(-Errno.ENOSPC, result);
            assertEquals(SLAB, rig.read(CAPACITY - SLAB, pool.slab(0), 0, SLAB), "reads go on");
        }
    }

    /** Takes what space there is, in smaller and smaller pieces. */
    private void fillUp() {
        int fd = Libc.open(
                disk.path().resolve("filler").toString(),
                OpenFlags.O_CREAT | OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC,
                0600);
        assertTrue(fd >= 0);
        long size = 0;
        for (long piece = 256L << 20; piece >= SLAB; piece /= 2) {
            while (Libc.fallocate(fd, 0, size, piece) == 0) {
                size += piece;
            }
        }
        Libc.close(fd);
        assertTrue(size > 0);
    }
}

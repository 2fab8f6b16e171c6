package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FileChannelDeviceTest extends BlockDeviceContractTest {
    @Override
    protected BlockDevice openDevice() throws IOException {
        return BlockDevices.open(context().backend(Backend.FILE_CHANNEL));
    }

    BlockDeviceContext context() throws IOException {
        Path path = folder.resolve("data");
        DataFile.prepare(path, CAPACITY, DataFile.Mode.ZEROED, DataFile.Progress.NONE);
        return new BlockDeviceContext().path(path).queueDepth(DEPTH).slabPool(pool);
    }

    @Test
    void shouldStandInWhereIoUringIsForbiddenAndSayWhy() throws IOException {
        BlockDevices.Opener forbidden = context -> {
            throw new OsException("io_uring_setup failed: entries=8, flags=0", Errno.EPERM);
        };
        try (BlockDevice fallback = BlockDevices.open(context(), forbidden)) {
            assertTrue(fallback.describe().startsWith("FileChannel (no io_uring: "), fallback.describe());
            assertTrue(fallback.describe().contains("EPERM"), fallback.describe());
            assertEquals(4096, new DeviceRig(fallback).write(0, pool.slab(0), 0, 4096));
        }
        BlockDeviceContext strict = context().backend(Backend.URING);
        assertThrows(
                OsException.class, () -> BlockDevices.open(strict, forbidden).close());
    }

    @Test
    void shouldNotHideAFaultOfTheFileBehindTheFallback() throws IOException {
        BlockDevices.Opener broken = context -> {
            throw new OsException("open failed: path=x", Errno.EACCES);
        };
        BlockDeviceContext context = context();
        assertThrows(OsException.class, () -> BlockDevices.open(context, broken).close());
    }

    @Test
    void shouldSurfaceWritesToAReadOnlyDevice() throws IOException {
        try (BlockDevice readOnly = BlockDevices.open(context().readOnly(true).backend(Backend.FILE_CHANNEL))) {
            assertEquals(-Errno.EBADF, new DeviceRig(readOnly).write(0, pool.slab(0), 0, 4096));
        }
    }
}

package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class UringDeviceTest extends BlockDeviceContractTest {
    @Override
    protected BlockDevice openDevice() throws IOException {
        return BlockDevices.open(context());
    }

    BlockDeviceContext context() throws IOException {
        Path path = folder.resolve("data");
        DataFile.prepare(path, CAPACITY, DataFile.Mode.ALLOCATED, DataFile.Progress.NONE);
        return new BlockDeviceContext()
                .path(path)
                .backend(Backend.URING)
                .queueDepth(DEPTH)
                .slabPool(pool);
    }

    @Test
    void shouldSayWhatItUses() {
        assertTrue(device.describe().startsWith("io_uring: path="), device.describe());
        assertTrue(device.describe().contains("O_DIRECT"), device.describe());
    }

    @Test
    void shouldWorkWithEachOption() throws IOException {
        DeviceRig.fill(pool.slab(0), 0, SLAB_LENGTH, 5);
        BlockDeviceContext[] contexts = {
            context().registerBuffers(false),
            context().sqPoll(true).sqPollIdleMs(1),
            context().ioPoll(true),
            context().directIo(false),
            context().sqPoll(true).ioPoll(true),
        };
        for (BlockDeviceContext context : contexts) {
            try (BlockDevice other = BlockDevices.open(context)) {
                DeviceRig otherRig = new DeviceRig(other);
                Slab slab = pool.slab(0);
                assertEquals(SLAB_LENGTH, otherRig.write(0, slab, 0, SLAB_LENGTH), other.describe());
                assertEquals(0, otherRig.sync(), other.describe());
                slab.buffer().setMemory(0, SLAB_LENGTH, (byte) 0);
                assertEquals(SLAB_LENGTH, otherRig.read(0, slab, 0, SLAB_LENGTH), other.describe());
                assertTrue(DeviceRig.matches(slab, 0, SLAB_LENGTH, 5), other.describe());
            }
        }
    }

    @Test
    void shouldReportATruncatedFileAsAnErrorAndNotHang() throws IOException {
        try (var channel =
                java.nio.channels.FileChannel.open(folder.resolve("data"), java.nio.file.StandardOpenOption.WRITE)) {
            channel.truncate(SLAB_LENGTH + 4096);
        }
        Slab slab = pool.tryAcquire();
        assertEquals(-Errno.EIO, rig.read(2 * SLAB_LENGTH, slab, 0, SLAB_LENGTH));
        assertEquals(0, device.retryCount());
        assertEquals(-Errno.EIO, rig.read(8192, slab, 0, SLAB_LENGTH));
        assertEquals(1, device.retryCount(), "a short read goes on");
    }

    @Test
    void shouldSurfaceWritesToAReadOnlyDevice() throws IOException {
        try (BlockDevice readOnly = BlockDevices.open(context().readOnly(true))) {
            assertEquals(-Errno.EBADF, new DeviceRig(readOnly).write(0, pool.slab(0), 0, 4096));
        }
    }

    @Test
    void shouldRefuseASecondThreadWhileWorkIsPending() throws InterruptedException {
        assertTrue(device.queueSync(1));
        Throwable[] thrown = new Throwable[1];
        Thread thread = new Thread(
                () -> thrown[0] = assertThrows(IllegalStateException.class, () -> ignore(device.queueSync(2))));
        thread.start();
        thread.join();
        assertTrue(thrown[0].getMessage().contains("second thread"), thrown[0].getMessage());
        rig.finish();
        assertEquals(0, rig.result(1));
    }

    @Test
    void shouldLoseNoCompletionWhenTheQueueOverflows() throws OsException {
        try (IoUring ring = IoUring.open(4, 4, 0, 0)) {
            int pushed = 0;
            for (int batch = 0; batch < 5; batch++) {
                while (ring.push(IoUring.OP_NOP, (byte) 0, -1, 0, 0, 0, 0, pushed, 0)) {
                    pushed++;
                }
                ring.submit();
            }
            assertTrue(pushed > 8, "pushed=" + pushed);
            boolean[] seen = new boolean[pushed];
            int count = 0;
            for (int i = 0; i < 1000 && count < pushed - ring.unsubmitted(); i++) {
                ring.reap(false);
                while (ring.next()) {
                    int index = (int) ring.completedUserData();
                    assertFalse(seen[index]);
                    seen[index] = true;
                    count++;
                }
                ring.submit();
            }
            assertEquals(pushed, count);
        }
    }

    @Test
    void shouldReportWhatCannotBeOpened() throws IOException {
        Path absent = folder.resolve("absent");
        OsException missing = assertThrows(
                OsException.class,
                () -> BlockDevices.open(new BlockDeviceContext().path(absent)).close());
        assertEquals("open failed: path=" + absent + ", errno=ENOENT", missing.getMessage());
        OsException small = assertThrows(
                OsException.class,
                () -> BlockDevices.open(context().capacity(2 * CAPACITY)).close());
        assertEquals(Errno.ENOSPC, small.errno());
        OsException directory = assertThrows(
                OsException.class,
                () -> BlockDevices.open(new BlockDeviceContext().path(folder)).close());
        assertEquals(Errno.EISDIR, directory.errno());
        Files.createFile(absent);
        assertThrows(
                OsException.class,
                () -> BlockDevices.open(new BlockDeviceContext().path(absent)).close());
        assertThrows(
                IllegalArgumentException.class,
                () -> BlockDevices.open(context().queueDepth(0)).close());
    }
}

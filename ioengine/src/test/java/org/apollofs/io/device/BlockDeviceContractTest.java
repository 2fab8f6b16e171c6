package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What every block device keeps. A subclass opens its own kind. */
@Timeout(60)
public abstract class BlockDeviceContractTest {
    protected static final long CAPACITY = 8 << 20;
    protected static final int DEPTH = 8;
    protected static final int SLAB_LENGTH = 256 * 1024;

    @TempDir
    protected Path folder;

    protected SlabPool pool;
    protected SlabPool otherPool;
    protected BlockDevice device;
    protected DeviceRig rig;

    /** Opens a device of CAPACITY bytes and DEPTH operations over {@code pool}, whose bytes are all zero. */
    protected abstract BlockDevice openDevice() throws IOException;

    @BeforeEach
    void open() throws IOException {
        pool = SlabPool.allocate(DEPTH + 2, SLAB_LENGTH);
        otherPool = SlabPool.allocate(2, SLAB_LENGTH);
        device = openDevice();
        rig = new DeviceRig(device);
    }

    @AfterEach
    void close() {
        device.close();
        pool.close();
        otherPool.close();
    }

    @Test
    void shouldDescribeItself() {
        assertEquals(CAPACITY, device.capacity());
        assertEquals(DEPTH, device.queueDepth());
        assertEquals(0, device.pending());
        int block = device.logicalBlockSize();
        assertTrue(block >= 512 && Integer.bitCount(block) == 1, "block=" + block);
        assertFalse(device.describe().isBlank());
        assertFalse(device.describe().contains("\n"));
    }

    @Test
    void shouldReadBackWhatItWrote() {
        Slab source = pool.tryAcquire();
        Slab target = pool.tryAcquire();
        DeviceRig.fill(source, 0, SLAB_LENGTH, 1);
        assertEquals(SLAB_LENGTH, rig.write(4096, source, 0, SLAB_LENGTH));
        assertEquals(SLAB_LENGTH, rig.read(4096, target, 0, SLAB_LENGTH));
        assertTrue(DeviceRig.matches(target, 0, SLAB_LENGTH, 1));
        assertEquals(0, rig.sync());
    }

    @Test
    void shouldTransferPartsOfASlab() {
        Slab source = pool.tryAcquire();
        Slab target = pool.tryAcquire();
        DeviceRig.fill(source, 8192, 4096, 2);
        assertEquals(4096, rig.write(CAPACITY - 4096, source, 8192, 4096));
        target.buffer().setMemory(0, SLAB_LENGTH, (byte) 7);
        assertEquals(4096, rig.read(CAPACITY - 4096, target, 4096, 4096));
        assertTrue(DeviceRig.matches(target, 4096, 4096, 2));
        assertEquals(7, target.buffer().getByte(4095));
        assertEquals(7, target.buffer().getByte(8192));
    }

    @Test
    void shouldTakeSlabsOfAPoolItDoesNotKnow() {
        Slab source = otherPool.tryAcquire();
        Slab target = otherPool.tryAcquire();
        DeviceRig.fill(source, 0, SLAB_LENGTH, 3);
        assertEquals(SLAB_LENGTH, rig.write(0, source, 0, SLAB_LENGTH));
        assertEquals(SLAB_LENGTH, rig.read(0, target, 0, SLAB_LENGTH));
        assertTrue(DeviceRig.matches(target, 0, SLAB_LENGTH, 3));
    }

    @Test
    void shouldRefuseWhenFullAndGoOnAfterwards() {
        Slab slab = pool.tryAcquire();
        for (int i = 0; i < DEPTH; i++) {
            assertTrue(device.queueWrite(i, i * 4096L, slab, 0, 4096));
        }
        assertFalse(device.queueWrite(99, 0, slab, 0, 4096));
        assertFalse(device.queueRead(99, 0, slab, 0, 4096));
        assertFalse(device.queueSync(99));
        assertEquals(DEPTH, device.pending());
        rig.finish();
        assertEquals(DEPTH, rig.completions);
        for (int i = 0; i < DEPTH; i++) {
            assertEquals(4096, rig.result(i));
        }
        assertTrue(device.queueSync(99));
        rig.finish();
        assertEquals(0, rig.result(99));
    }

    @Test
    void shouldRejectWhatIsMisalignedOrOutOfRange() {
        Slab slab = pool.tryAcquire();
        int block = device.logicalBlockSize();
        assertThrows(IllegalArgumentException.class, () -> ignore(device.queueWrite(1, 1, slab, 0, block)));
        assertThrows(IllegalArgumentException.class, () -> ignore(device.queueWrite(1, 0, slab, 8, block)));
        assertThrows(IllegalArgumentException.class, () -> ignore(device.queueWrite(1, 0, slab, 0, block + 1)));
        assertThrows(IllegalArgumentException.class, () -> ignore(device.queueWrite(1, 0, slab, 0, 0)));
        assertThrows(IllegalArgumentException.class, () -> ignore(device.queueWrite(1, -block, slab, 0, block)));
        assertThrows(IllegalArgumentException.class, () -> ignore(device.queueRead(1, CAPACITY, slab, 0, block)));
        assertThrows(
                IllegalArgumentException.class,
                () -> ignore(device.queueRead(1, CAPACITY - block, slab, 0, 2 * block)));
        assertThrows(IllegalArgumentException.class, () -> ignore(device.queueRead(1, 0, slab, SLAB_LENGTH, block)));
        assertEquals(0, device.pending());
    }

    @Test
    void shouldSyncAnotherFile() {
        int fd = Libc.open(folder.resolve("journal").toString(), OpenFlags.O_CREAT | OpenFlags.O_RDWR, 0600);
        assertTrue(fd >= 0);
        assertTrue(device.queueSync(5, fd));
        rig.finish();
        assertEquals(0, rig.result(5));
        Libc.close(fd);
        assertTrue(device.queueSync(6, fd));
        rig.finish();
        assertEquals(-Errno.EBADF, rig.result(6));
    }

    @Test
    void shouldMixOperationsWithoutLosingOne() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int blocks = (int) (CAPACITY / 4096);
        long[] content = new long[blocks];
        Slab[] slabs = new Slab[DEPTH];
        for (int i = 0; i < DEPTH; i++) {
            slabs[i] = pool.tryAcquire();
        }
        for (int round = 0; round < 60; round++) {
            boolean write = random.nextBoolean();
            long[] block = random.longs(0, blocks).distinct().limit(DEPTH).toArray();
            for (int i = 0; i < DEPTH; i++) {
                if (write) {
                    content[(int) block[i]] = 1 + random.nextLong(1 << 30);
                    DeviceRig.fill(slabs[i], 0, 4096, content[(int) block[i]]);
                    assertTrue(device.queueWrite(i, block[i] * 4096, slabs[i], 0, 4096));
                } else {
                    assertTrue(device.queueRead(i, block[i] * 4096, slabs[i], 0, 4096));
                }
            }
            rig.finish();
            for (int i = 0; i < DEPTH; i++) {
                assertEquals(4096, rig.result(i), "seed=" + seed);
                long expected = content[(int) block[i]];
                assertTrue(
                        expected == 0 ? isZero(slabs[i], 4096) : DeviceRig.matches(slabs[i], 0, 4096, expected),
                        "seed=" + seed + ", round=" + round + ", block=" + block[i]);
            }
        }
    }

    @Test
    void shouldAcceptMoreWorkFromTheHandlerAndSurviveItsException() {
        Slab slab = pool.tryAcquire();
        assertTrue(device.queueWrite(1, 0, slab, 0, 4096));
        assertTrue(device.queueWrite(2, 4096, slab, 0, 4096));
        int[] seen = new int[1];
        int thrown = 0;
        device.submit();
        while (device.pending() > 0) {
            try {
                device.poll((token, result) -> {
                    seen[0]++;
                    if (token == 1) {
                        assertTrue(device.queueSync(3));
                    }
                    throw new IllegalStateException("of the handler");
                });
            } catch (IllegalStateException e) {
                assertEquals("of the handler", e.getMessage());
                thrown++;
            }
            device.submit();
        }
        assertEquals(3, seen[0]);
        assertEquals(3, thrown);
    }

    @Test
    void shouldBeHandedToAnotherThreadWhenNothingIsPending() throws InterruptedException {
        Slab slab = pool.tryAcquire();
        DeviceRig.fill(slab, 0, 4096, 9);
        assertEquals(4096, rig.write(0, slab, 0, 4096));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Slab target = pool.tryAcquire();
        Thread thread = new Thread(() -> assertEquals(4096, rig.read(0, target, 0, 4096)));
        thread.setUncaughtExceptionHandler((t, e) -> failure.set(e));
        thread.start();
        thread.join();
        assertEquals(null, failure.get());
        assertTrue(DeviceRig.matches(target, 0, 4096, 9));
        assertEquals(4096, rig.read(0, slab, 0, 4096));
    }

    @Test
    void shouldWorkInAnInterruptedThread() {
        Slab slab = pool.tryAcquire();
        DeviceRig.fill(slab, 0, 4096, 10);
        Thread.currentThread().interrupt();
        try {
            assertEquals(4096, rig.write(0, slab, 0, 4096));
            assertEquals(0, rig.sync());
            assertEquals(4096, rig.read(0, slab, 4096, 4096));
            assertTrue(Thread.currentThread().isInterrupted());
        } finally {
            Thread.interrupted();
        }
        assertTrue(DeviceRig.matches(slab, 4096, 4096, 10));
    }

    @Test
    void shouldCloseWithWorkInFlightAndTwice() {
        Slab slab = pool.tryAcquire();
        for (int i = 0; i < DEPTH; i++) {
            assertTrue(device.queueRead(i, 0, slab, 0, SLAB_LENGTH));
            if (i == DEPTH / 2) {
                device.submit();
            }
        }
        device.close();
        device.close();
    }

    static boolean isZero(Slab slab, int length) {
        for (int i = 0; i < length; i += Long.BYTES) {
            if (slab.buffer().getLong(i) != 0) {
                return false;
            }
        }
        return true;
    }

    static void ignore(boolean result) {
        assertFalse(result, "accepted");
    }
}

package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.UUID;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.fault.FaultPlan;
import org.apollofs.io.device.fault.FaultyDisk;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a store says and does when its device fails. */
@Timeout(60)
class DeviceFaultTest {
    private static final UUID SITE = new UUID(1, 2);
    private static final int CHUNK = 128 << 10;

    private final FaultPlan plan = new FaultPlan();
    private final SlabPool pool = SlabPool.allocate(16, CHUNK);
    private final StoreClient client = new StoreClient(pool);
    private FaultyDisk disk;
    private SimulatedFiles files = SimulatedFiles.make(64 << 10);
    private ChunkStore store;
    private int foreignResult;

    @BeforeEach
    void open() throws IOException {
        disk = new FaultyDisk(Superblock.deviceLengthFor(64, CHUNK), 4096, 1, plan);
        disk.foreignSync(descriptor -> foreignResult == 0 ? files.sync(descriptor) : foreignResult);
        Slab slab = pool.tryAcquire();
        try (BlockDevice raw = disk.open(8)) {
            Superblock superblock = Superblock.layOut(SITE, 3, 1, raw.capacity(), CHUNK, 0);
            StoreFormat.write(superblock, new SyncDevice(raw, slab, 3), files);
        }
        slab.release();
        openStore();
    }

    private void openStore() throws IOException {
        store = ChunkStore.open(new ChunkStoreContext()
                .device(disk.open(16))
                .files(files)
                .siteId(SITE)
                .targetId(3)
                .handler(client.answers)
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool)
                .writeSlots(8));
        client.store(store);
    }

    @AfterEach
    void close() {
        store.close();
        assertEquals(pool.slabCount(), pool.available());
        pool.close();
    }

    private byte[] content(int seed) {
        return StoreClient.content(seed, 100_000);
    }

    @Test
    void shouldLeaveServiceAfterWriteError() {
        client.write(1, 0, content(1));
        plan.writeErrorRate(1);
        Answers.Answer failed = client.write(2, 0, content(2));
        assertEquals(ChunkStatus.IO_ERROR, failed.status());
        assertEquals(
                "write failed: target=3, offset=" + (Superblock.DATA_OFFSET + CHUNK) + ", length=102400, errno=EIO",
                failed.message());
        assertFalse(store.isWritable());
        plan.writeErrorRate(0);
        assertEquals(ChunkStatus.OUT_OF_SERVICE, client.write(3, 0, content(3)).status());
        assertEquals(ChunkStatus.OUT_OF_SERVICE, client.delete(1, 0).status());
        assertArrayEquals(content(1), client.read(1, 0, 0, CHUNK).bytes());
        assertEquals(failed.message(), store.statistics().outOfServiceReason());
    }

    @Test
    void shouldStayInServiceWhenTheDeviceIsFull() {
        plan.full(true);
        Answers.Answer failed = client.write(2, 0, content(2));
        assertEquals(ChunkStatus.NO_SPACE, failed.status());
        assertTrue(failed.message().endsWith("errno=ENOSPC"), failed.message());
        assertTrue(store.isWritable());
        plan.full(false);
        assertEquals("written", client.write(2, 0, content(2)).kind());
        assertEquals(64L * CHUNK - CHUNK, store.freeBytes());
    }

    @Test
    void shouldNeverAcknowledgeAfterFailedDataSync() throws IOException {
        client.write(1, 0, content(1));
        plan.syncErrorRate(1);
        long first = client.offerWrite(2, 0, content(2), null);
        long second = client.offerWrite(3, 0, content(3), null);
        long delete = client.offerDelete(1, 0);
        assertEquals(ChunkStatus.IO_ERROR, client.await(first).status());
        assertEquals(
                "data sync failed: target=3, errno=EIO", client.await(first).message());
        assertEquals("failed", client.await(second).kind());
        assertEquals("failed", client.await(delete).kind());
        plan.syncErrorRate(0);
        assertEquals(ChunkStatus.OUT_OF_SERVICE, client.write(4, 0, content(4)).status());
        assertEquals(ChunkStatus.NOT_FOUND, client.read(2, 0, 0, 1).status());
        assertArrayEquals(content(1), client.read(1, 0, 0, CHUNK).bytes());
        store.close();
        files = files.reborn();
        openStore();
        // Nobody was told that it is deleted, nor that it is not.
        Answers.Answer afterwards = client.read(1, 0, 0, CHUNK);
        assertTrue(afterwards.status() == ChunkStatus.NOT_FOUND || afterwards.bytes().length == 100_000);
        assertTrue(store.isWritable());
    }

    @Test
    void shouldNeverAcknowledgeAfterFailedJournalSync() {
        foreignResult = -5;
        Answers.Answer failed = client.write(2, 0, content(2));
        assertEquals(ChunkStatus.IO_ERROR, failed.status());
        assertEquals("journal sync failed: target=3, errno=EIO", failed.message());
        assertFalse(store.isWritable());
        assertEquals(1, store.statistics().counters().get(StoreCounter.SYNC_ERRORS));
    }

    @Test
    void shouldFailReadsOneByOne() {
        client.write(1, 0, content(1));
        plan.readErrorRate(1);
        Answers.Answer failed = client.read(1, 0, 70_000, 10);
        assertEquals(ChunkStatus.IO_ERROR, failed.status());
        assertEquals(
                "read failed: target=3, offset=" + (Superblock.DATA_OFFSET + 65_536) + ", length=36864, errno=EIO",
                failed.message());
        plan.readErrorRate(0);
        assertTrue(store.isWritable());
        assertArrayEquals(content(1), client.read(1, 0, 0, CHUNK).bytes());
    }

    @Test
    void shouldAnswerEverythingWhenTheDeviceDies() {
        client.write(1, 0, content(1));
        long[] ids = new long[12];
        for (int i = 0; i < 8; i++) {
            ids[i] = client.offerWrite(10 + i, 0, content(i), null);
        }
        plan.broken(true);
        for (int i = 8; i < 12; i++) {
            ids[i] = client.offerWrite(10 + i, 0, content(i), null);
        }
        for (long id : ids) {
            client.await(id);
        }
        assertEquals(ChunkStatus.IO_ERROR, client.read(1, 0, 0, 1).status());
        assertFalse(store.isWritable());
    }

    @Test
    void shouldNotHandOutSpaceThatIsBeingRead() {
        client.write(1, 0, content(1));
        plan.delay(50, 50);
        long read = client.offerRead(1, 0, 0, CHUNK);
        store.doWork();
        plan.delay(0, 0);
        long free = store.freeBytes();
        client.delete(1, 0);
        assertEquals(free, store.freeBytes());
        assertEquals("written", client.write(2, 0, content(2)).kind());
        assertArrayEquals(content(1), client.await(read).bytes());
        client.write(3, 0, content(3));
        assertEquals(64L * CHUNK - 2 * CHUNK, store.freeBytes());
    }
}

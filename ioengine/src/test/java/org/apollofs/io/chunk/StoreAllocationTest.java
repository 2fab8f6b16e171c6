package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.DataFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Chunks that go well leave nothing for the garbage collector. */
@Timeout(120)
class StoreAllocationTest {
    private static final UUID SITE = new UUID(1, 2);
    private static final int CHUNK = 64 << 10;
    private static final int LENGTH = 5000;
    private static final int NAMES = 100;

    @TempDir
    Path folder;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final SlabPool pool = SlabPool.allocate(16, CHUNK);
    private final byte[] content = StoreClient.content(1, LENGTH);
    private final UnsafeBuffer checksums = StoreClient.checksums(content);
    private ChunkStore store;
    private long offered;
    private long answers;
    private long failures;

    @Test
    void shouldNotAllocatePerChunk() throws IOException {
        new StoreFormat(folder.resolve("0"), SITE, 0)
                .deviceLength(Superblock.deviceLengthFor(128, CHUNK))
                .chunkLength(CHUNK)
                .journalLength(256 << 10)
                .mode(DataFile.Mode.ALLOCATED)
                .format();
        store = ChunkStore.open(new ChunkStoreContext()
                .directory(folder.resolve("0"))
                .siteId(SITE)
                .targetId(0)
                .handler(new Handler())
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool));
        try {
            writeReadable();
            rounds(2000);
            long before = threads.getCurrentThreadAllocatedBytes();
            rounds(2000);
            long each = (threads.getCurrentThreadAllocatedBytes() - before) / 6000;
            // Several snapshots were written meanwhile. Less than any object each.
            assertTrue(each < 16, "bytes each=" + each);
            assertEquals(0, failures);
            assertEquals(12_001, answers);
        } finally {
            store.close();
            pool.close();
        }
    }

    /** As many writes, reads and deletes. */
    private void rounds(int count) {
        for (int i = 0; i < count; i++) {
            Slab slab = acquire();
            slab.buffer().putBytes(0, content);
            while (!store.offerWrite(0, i, 1, i % NAMES, 0, slab, LENGTH, checksums, null)) {
                store.doWork();
            }
            Slab destination = acquire();
            while (!store.offerRead(0, i, 1, 10_000, 0, 0, LENGTH, destination)) {
                store.doWork();
            }
            while (!store.offerDelete(0, i, 1, i % NAMES, 1)) {
                store.doWork();
            }
            offered += 3;
        }
        awaitAll();
    }

    private void writeReadable() {
        Slab slab = acquire();
        slab.buffer().putBytes(0, content);
        assertTrue(store.offerWrite(0, 0, 1, 10_000, 0, slab, LENGTH, checksums, null));
        offered++;
        awaitAll();
    }

    private Slab acquire() {
        Slab slab = pool.tryAcquire();
        while (slab == null) {
            store.doWork();
            slab = pool.tryAcquire();
        }
        return slab;
    }

    private void awaitAll() {
        while (answers + failures < offered) {
            store.doWork();
        }
    }

    private final class Handler implements ChunkStoreHandler {
        @Override
        public void onWritten(long owner, long correlationId, Slab payload) {
            payload.release();
            answers++;
        }

        @Override
        public void onDeleted(long owner, long correlationId) {
            answers++;
        }

        @Override
        public void onRead(
                long owner,
                long correlationId,
                Slab slab,
                int blockOffset,
                int length,
                DirectBuffer sums,
                int chunkLength,
                DirectBuffer stripeLengths) {
            slab.release();
            answers++;
        }

        @Override
        public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload) {
            failures++;
        }

        @Override
        public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
            slab.release();
            failures++;
        }
    }
}

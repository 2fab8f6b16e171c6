package org.apollofs.perf.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.chunk.ChunkStatus;
import org.apollofs.io.chunk.ChunkStore;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.ChunkStoreHandler;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.BlockDevices;

/**
 * One chunk store with slabs of one length, all the same content, that keeps as many writes under way as there are slabs.
 * One thread.
 */
final class StoreRig implements ChunkStoreHandler, AutoCloseable {
    private static final int BLOCK_LENGTH = 64 * 1024;
    private static final int SLAB_COUNT = 64;
    /** Names that are written over and over, so that the target never fills. */
    private static final int NAME_COUNT = 128;

    private static final UUID SITE = new UUID(1, 2);

    private final Path folder;
    private final SlabPool pool;
    private final ChunkStore store;
    private final UnsafeBuffer checksums;
    private final int chunkLength;
    private long written;
    private long offered;

    /**
     * @param parent where a folder is made, and deleted by {@link #close()}.
     * @param chunkLength payload of a chunk.
     * @param skipDisk whether device and syncs are left out: what remains is memory, the journal among it.
     */
    StoreRig(Path parent, int chunkLength, boolean skipDisk) throws IOException {
        this.chunkLength = chunkLength;
        folder = Files.createTempDirectory(parent, "apollo-jmh-");
        Path target = folder.resolve("0");
        int largest = Math.max(chunkLength, BLOCK_LENGTH);
        new StoreFormat(target, SITE, 0)
                .deviceLength((NAME_COUNT + SLAB_COUNT + 64L) * largest + (4 << 20))
                .chunkLength(largest)
                .format();
        pool = SlabPool.allocate(SLAB_COUNT, largest);
        ChunkStoreContext context = new ChunkStoreContext()
                .directory(target)
                .siteId(SITE)
                .targetId(0)
                .handler(this)
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool);
        SkippingDevice device = null;
        if (skipDisk) {
            device = new SkippingDevice(BlockDevices.open(new BlockDeviceContext()
                    .path(target.resolve(StoreFormat.DATA_FILE))
                    .slabPool(pool)));
            context.device(device);
        }
        store = ChunkStore.open(context);
        if (device != null) {
            device.skip();
        }
        Slab chunk = Chunks.random(pool, 1);
        checksums = new UnsafeBuffer(new byte[Crc32c.blockCount(chunkLength, BLOCK_LENGTH) * Integer.BYTES]);
        new Crc32c().checksumBlocks(chunk.buffer(), 0, chunkLength, BLOCK_LENGTH, checksums, 0);
        for (int i = 1; i < SLAB_COUNT; i++) {
            Slab other = pool.tryAcquire();
            other.buffer().putBytes(0, chunk.buffer(), 0, chunkLength);
            other.release();
        }
        chunk.release();
    }

    /** Offers writes until no slab is free, then works until one more is acknowledged. @return writes acknowledged. */
    long writeOne() {
        long target = written + 1;
        while (written < target) {
            for (Slab slab = pool.tryAcquire(); slab != null; slab = pool.tryAcquire()) {
                if (!store.offerWrite(0, 0, 1, offered % NAME_COUNT, 0, slab, chunkLength, checksums, null)) {
                    slab.release();
                    break;
                }
                offered++;
            }
            store.doWork();
        }
        return written;
    }

    @Override
    public void onWritten(long owner, long correlationId, Slab payload) {
        written++;
        payload.release();
    }

    @Override
    public void onDeleted(long owner, long correlationId) {
        throw new IllegalStateException("nothing was deleted");
    }

    @Override
    public void onRead(
            long owner,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer blockChecksums,
            int wholeLength,
            DirectBuffer stripeLengths) {
        throw new IllegalStateException("nothing was read");
    }

    @Override
    public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
        throw new IllegalStateException(status + ": " + message);
    }

    @Override
    public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
        throw new IllegalStateException(status + ": " + message);
    }

    @Override
    public void close() throws IOException {
        while (written < offered) {
            store.doWork();
        }
        store.close();
        pool.close();
        List<Path> files;
        try (Stream<Path> tree = Files.walk(folder)) {
            files = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}

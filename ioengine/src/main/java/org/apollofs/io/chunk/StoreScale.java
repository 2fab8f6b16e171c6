package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.DataFile;

/**
 * What a full target costs that would take weeks to fill: makes one whose snapshot says that it holds so many chunks of the
 * full length, the data file being a hole as long as they would need, and opens it as any other. For measurements; blocks.
 */
public final class StoreScale {
    private static final UUID SITE = new UUID(1, 4);
    private static final int STRIPE_WIDTH = 6;
    private static final double NS_PER_SECOND = 1e9;

    /**
     * What was measured.
     *
     * @param memoryBytes of index and space outside the heap, once open.
     * @param snapshotBytes of the snapshot file.
     * @param snapshotSeconds in which it was written.
     * @param openSeconds from the call of open until the store takes requests.
     */
    public record Result(
            long chunkCount, long memoryBytes, long snapshotBytes, double snapshotSeconds, double openSeconds) {}

    private final Path directory;
    private final long chunkCount;
    private final int chunkLength;
    private final NanoClock clock;
    private Superblock superblock;
    private double snapshotSeconds;
    private long snapshotBytes;

    /**
     * @param directory to be made; the caller deletes it.
     * @param chunkCount chunks that it holds.
     * @param chunkLength bytes of each, the largest there is on this target.
     */
    public StoreScale(Path directory, long chunkCount, int chunkLength, NanoClock clock) {
        this.directory = directory;
        this.chunkCount = chunkCount;
        this.chunkLength = chunkLength;
        this.clock = clock;
    }

    /** Makes the target. @throws IOException EFBIG if the file system has no files of that length. */
    public void make() throws IOException {
        superblock = new StoreFormat(directory, SITE, 0)
                .chunkLength(chunkLength)
                .deviceLength(Superblock.deviceLengthFor(chunkCount + Superblock.MIN_CHUNKS, chunkLength))
                .mode(DataFile.Mode.SPARSE)
                .format();
        try (StoreFiles files = DirectoryStoreFiles.open(directory, 0);
                SnapshotFile file = files.openSnapshot(1);
                ChunkIndex index = new ChunkIndex(superblock.dataLength() / chunkLength);
                SnapshotWriter writer = new SnapshotWriter(index)) {
            fill(index);
            long startNs = clock.nanoTime();
            writer.begin(file, JournalHeader.ofSnapshot(superblock, 1, 1, index.size()));
            boolean done = false;
            while (!done) {
                done = writer.writeNext();
            }
            snapshotSeconds = (clock.nanoTime() - startNs) / NS_PER_SECOND;
            snapshotBytes = writer.bytes();
        }
    }

    private void fill(ChunkIndex index) {
        ChunkEntry entry = new ChunkEntry();
        ChunkEntry replaced = new ChunkEntry();
        entry.session = 1;
        entry.length = chunkLength;
        entry.order = SizeClass.orderOf(chunkLength);
        entry.checksums.wrap(new UnsafeBuffer(new byte[entry.checksumCount() * Integer.BYTES]));
        for (long i = 0; i < chunkCount; i++) {
            entry.stripe = i / STRIPE_WIDTH;
            entry.index = (int) (i % STRIPE_WIDTH);
            entry.offset = i * chunkLength;
            if (index.put(entry, replaced)) {
                throw new IllegalStateException("two chunks of one name: " + entry);
            }
        }
    }

    /** Opens it, asks what it costs, and closes it. */
    public Result open() throws IOException {
        try (SlabPool pool = SlabPool.allocate(1, Math.max(chunkLength, SizeClass.UNIT_LENGTH))) {
            long startNs = clock.nanoTime();
            try (ChunkStore store = ChunkStore.open(new ChunkStoreContext()
                    .directory(directory)
                    .siteId(SITE)
                    .targetId(0)
                    .handler(new NoRequests())
                    .clock(clock)
                    .slabPool(pool))) {
                double openSeconds = (clock.nanoTime() - startNs) / NS_PER_SECOND;
                if (store.chunkCount() != chunkCount) {
                    throw new IllegalStateException("chunks=" + store.chunkCount() + ", expected=" + chunkCount);
                }
                return new Result(
                        chunkCount,
                        store.statistics().counters().get(StoreCounter.MEMORY_BYTES),
                        snapshotBytes,
                        snapshotSeconds,
                        openSeconds);
            }
        }
    }

    /** No request is made, so no answer comes. */
    private static final class NoRequests implements ChunkStoreHandler {
        private static IllegalStateException unexpected() {
            return new IllegalStateException("an answer without a request");
        }

        @Override
        public void onWritten(long owner, long correlationId, Slab payload) {
            throw unexpected();
        }

        @Override
        public void onDeleted(long owner, long correlationId) {
            throw unexpected();
        }

        @Override
        public void onRead(
                long owner,
                long correlationId,
                Slab slab,
                int blockOffset,
                int length,
                DirectBuffer checksums,
                int chunkBytes,
                DirectBuffer stripeLengths) {
            throw unexpected();
        }

        @Override
        public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload) {
            throw unexpected();
        }

        @Override
        public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
            throw unexpected();
        }
    }
}

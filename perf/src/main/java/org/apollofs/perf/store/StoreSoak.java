package org.apollofs.perf.store;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.UUID;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.StoreCounter;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.DataFile;

/**
 * Many chunks through one store in a small heap: all are written, all are held at once, all are read back and compared. The
 * chunks are short and the data file has holes, so that a million of them fit a small disk; what is measured is the heap.
 */
public final class StoreSoak {
    private static final int CHUNK_LENGTH = 64 << 10;
    private static final int PAYLOAD_LENGTH = 4096;
    private static final int WINDOW = 256;
    private static final UUID SITE = new UUID(1, 5);

    /**
     * What it took.
     *
     * @param allocatedBytes on the heap by the pipeline's thread, between the open and the last chunk read.
     * @param pauses of the collector in the whole process meanwhile.
     * @param memoryBytes of index and space, outside the heap.
     */
    public record Result(
            int chunkCount,
            double writeSeconds,
            double readSeconds,
            long maxHeapBytes,
            long allocatedBytes,
            GcPauses.Result pauses,
            long memoryBytes) {}

    private StoreSoak() {}

    /** Bytes that it takes of the disk. */
    public static long diskBytes(int chunkCount) {
        return (long) chunkCount * (PAYLOAD_LENGTH + 256) + 2L * StoreFormat.DEFAULT_JOURNAL_LENGTH;
    }

    /**
     * Does it.
     *
     * @param folder empty.
     * @param device backend and options.
     * @throws IllegalStateException if a chunk that was read differs from the one that was written.
     */
    public static Result run(int chunkCount, Path folder, BlockDeviceContext device) throws IOException {
        Path target = folder.resolve("0");
        new StoreFormat(target, SITE, 0)
                .chunkLength(CHUNK_LENGTH)
                .deviceLength(Superblock.deviceLengthFor(chunkCount + Superblock.MIN_CHUNKS, CHUNK_LENGTH))
                .mode(DataFile.Mode.SPARSE)
                .format();
        ChunkStoreContext context = new ChunkStoreContext()
                .directory(target)
                .siteId(SITE)
                .targetId(0)
                .deviceContext(device);
        try (StoreLoad load = new StoreLoad(context, CHUNK_LENGTH, PAYLOAD_LENGTH, chunkCount, WINDOW);
                GcPauses pauses = new GcPauses()) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
            long writeNs = load.write();
            long readNs = load.verify();
            long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
            return new Result(
                    chunkCount,
                    writeNs / 1e9,
                    readNs / 1e9,
                    Runtime.getRuntime().maxMemory(),
                    allocated,
                    pauses.stop(folder.resolve("pauses.jfr")),
                    load.statistics().counters().get(StoreCounter.MEMORY_BYTES));
        }
    }
}

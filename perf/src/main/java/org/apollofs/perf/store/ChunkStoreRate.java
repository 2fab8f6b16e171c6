package org.apollofs.perf.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.ChunkStoreStatistics;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.DataFile;

/**
 * A chunk store at work: the rate of {@link #write} is that of acknowledged chunks, each durable, with its journal record,
 * before its acknowledgement.
 */
public final class ChunkStoreRate implements StoreRate {
    /** Payload offered at once: while the device takes its depth, the rest waits for the group commit. */
    private static final int WINDOW_BYTES = 64 << 20;

    private static final int MAX_WINDOW = 1024;
    private static final UUID SITE = new UUID(1, 3);
    private static final double BYTES_PER_GB = 1e9;

    private final StoreJob job;
    private final int window;
    private final StoreLoad load;

    private ChunkStoreRate(StoreJob job, int window, StoreLoad load) {
        this.job = job;
        this.window = window;
        this.load = load;
    }

    /** Bytes that {@link #open} takes of the disk for a job. */
    public static long diskBytes(StoreJob job) {
        return deviceLength(job) + 2L * StoreFormat.DEFAULT_JOURNAL_LENGTH;
    }

    private static long deviceLength(StoreJob job) {
        // Twice the window on top: a chunk that is replaced keeps its space until the new one is durable.
        return Superblock.deviceLengthFor(job.count() + 2L * window(job) + Superblock.MIN_CHUNKS, job.chunkLength());
    }

    private static int window(StoreJob job) {
        return Math.min(MAX_WINDOW, Math.max(2 * job.queueDepth(), WINDOW_BYTES / job.chunkLength()));
    }

    /**
     * Formats a target, its data file written once, and opens it.
     *
     * @param directory to be made.
     * @param device backend and options; path, depth and slabs are set here.
     * @param context sync policy; the rest is set here.
     * @param progress told how far the data file is.
     */
    public static ChunkStoreRate open(
            StoreJob job,
            Path directory,
            BlockDeviceContext device,
            ChunkStoreContext context,
            DataFile.Progress progress)
            throws IOException {
        new StoreFormat(directory, SITE, 0)
                .chunkLength(job.chunkLength())
                .deviceLength(deviceLength(job))
                .mode(DataFile.Mode.ZEROED)
                .progress(progress)
                .format();
        int window = window(job);
        context.directory(directory).siteId(SITE).targetId(0).deviceContext(device.queueDepth(job.queueDepth()));
        return new ChunkStoreRate(
                job, window, new StoreLoad(context, job.chunkLength(), job.chunkLength(), job.count(), window));
    }

    @Override
    public String name() {
        return "store";
    }

    @Override
    public String method() {
        return window + " chunks offered at once, " + load.statistics().device();
    }

    @Override
    public double write() {
        return job.bytes() / (load.write() / 1e9) / BYTES_PER_GB;
    }

    @Override
    public double read() {
        return job.bytes() / (load.read() / 1e9) / BYTES_PER_GB;
    }

    /** Reads everything once more and compares it with what was written. @throws IllegalStateException if it differs. */
    public void verify() {
        load.verify();
    }

    /** Counters and stage times since the store was opened. */
    public ChunkStoreStatistics statistics() {
        return load.statistics();
    }

    @Override
    public void close() {
        load.close();
    }
}

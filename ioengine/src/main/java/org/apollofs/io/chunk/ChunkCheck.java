package org.apollofs.io.chunk;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;

/**
 * Reads every chunk of a target that no other process has open, and compares it with its checksums. Opening it recovers it
 * first, as a start would, which checks superblock, journal, snapshot and that no two chunks claim the same space.
 *
 * <p>One thread: {@link #doWork()} until {@link #isDone()}. Its maker closes it.
 */
public final class ChunkCheck implements ChunkStoreHandler, AutoCloseable {
    /** No limit. */
    public static final long FULL_SPEED = 0;
    /** Bad chunks that are remembered by name; the rest is counted. */
    public static final int MAX_FINDINGS = 1000;

    private static final int SLABS = 16;
    private static final int PAGE_NAMES = 4096;
    private static final double NS_PER_SECOND = 1e9;

    private final ChunkStore store;
    private final SlabPool pool;
    private final NanoClock clock;
    private final long bytesPerSecond;
    private final long startNs;
    private final Crc32c crc = new Crc32c();
    private final List<ChunkName> page = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();
    private final long chunkCount;
    private int nextInPage;
    private long cursor;
    private boolean listed;
    private int inFlight;
    private long checkedChunks;
    private long checkedBytes;
    private long damagedChunks;
    private long unreadableChunks;

    private ChunkCheck(ChunkStoreContext context, int chunkLength, long bytesPerSecond) throws IOException {
        this.clock = context.clock();
        this.bytesPerSecond = bytesPerSecond;
        pool = SlabPool.allocate(SLABS, chunkLength);
        try {
            store = ChunkStore.open(context.handler(this).slabPool(pool));
        } catch (IOException | RuntimeException e) {
            pool.close();
            throw e;
        }
        chunkCount = store.chunkCount();
        startNs = clock.nanoTime();
    }

    /**
     * Opens and recovers the target.
     *
     * @param context directory, site, target, clock and device; handler and slabs are set here.
     * @param chunkLength of the target's superblock.
     * @param bytesPerSecond payload read at most, or {@link #FULL_SPEED}.
     * @throws TargetRefusedException if it is not the target that is expected, in use, or damaged.
     */
    public static ChunkCheck open(ChunkStoreContext context, int chunkLength, long bytesPerSecond) throws IOException {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("chunk check: bytesPerSecond=" + bytesPerSecond + " (at least 0)");
        }
        return new ChunkCheck(context, chunkLength, bytesPerSecond);
    }

    /** Does what can be done now, within the rate. @return work done, 0 if there was none. */
    public int doWork() {
        int work = 0;
        while (pool.available() > 0 && isWithinRate() && hasNext()) {
            if (!offer(page.get(nextInPage))) {
                break;
            }
            nextInPage++;
            work++;
        }
        return work + store.doWork();
    }

    private boolean isWithinRate() {
        double elapsedSeconds = (clock.nanoTime() - startNs) / NS_PER_SECOND;
        return bytesPerSecond == FULL_SPEED || checkedBytes <= elapsedSeconds * bytesPerSecond;
    }

    private boolean hasNext() {
        while (nextInPage == page.size() && !listed) {
            page.clear();
            nextInPage = 0;
            cursor = store.list(cursor, PAGE_NAMES, page::add);
            listed = cursor == 0;
        }
        return nextInPage < page.size();
    }

    private boolean offer(ChunkName name) {
        Slab slab = pool.tryAcquire();
        if (slab == null) {
            return false;
        }
        // Before the offer, which may answer from inside.
        inFlight++;
        if (store.offerRead(
                name.stripe(), name.index(), name.session(), name.stripe(), name.index(), 0, slab.capacity(), slab)) {
            return true;
        }
        inFlight--;
        slab.release();
        return false;
    }

    @Override
    public void onRead(
            long owner,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        int block = crc.verifyBlocks(slab.buffer(), 0, length, SizeClass.UNIT_LENGTH, checksums, 0);
        slab.release();
        checkedBytes += length;
        if (block != Crc32c.ALL_MATCH || length != chunkLength) {
            damagedChunks++;
            found("chunk damaged: stripe=" + owner + ", index=" + correlationId + ", length=" + chunkLength + ", block="
                    + block);
        }
        answered();
    }

    @Override
    public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
        slab.release();
        unreadableChunks++;
        found("chunk not read: stripe=" + owner + ", index=" + correlationId + ": " + message);
        answered();
    }

    private void answered() {
        inFlight--;
        checkedChunks++;
    }

    private void found(String what) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(what);
        }
    }

    /** Whether every chunk was looked at. */
    public boolean isDone() {
        return listed && nextInPage == page.size() && inFlight == 0;
    }

    /** Chunks there are. */
    public long chunkCount() {
        return chunkCount;
    }

    /** Chunks looked at so far. */
    public long checkedChunks() {
        return checkedChunks;
    }

    /** Payload looked at so far. */
    public long checkedBytes() {
        return checkedBytes;
    }

    /** Payload that is looked at in all, with the padding of its blocks: for progress. */
    public long usedBytes() {
        return store.superblock().dataLength() - store.freeBytes();
    }

    /** Chunks whose bytes are not those that were written. */
    public long damagedChunks() {
        return damagedChunks;
    }

    /** Chunks that the device did not give. */
    public long unreadableChunks() {
        return unreadableChunks;
    }

    /** A line for each bad chunk, up to {@link #MAX_FINDINGS}. */
    public List<String> findings() {
        return List.copyOf(findings);
    }

    @Override
    public void onWritten(long owner, long correlationId, Slab payload) {
        throw new IllegalStateException("a check writes nothing");
    }

    @Override
    public void onDeleted(long owner, long correlationId) {
        throw new IllegalStateException("a check deletes nothing");
    }

    @Override
    public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload) {
        throw new IllegalStateException("a check writes nothing");
    }

    /** Closes the target. */
    @Override
    public void close() {
        store.close();
        pool.close();
    }
}

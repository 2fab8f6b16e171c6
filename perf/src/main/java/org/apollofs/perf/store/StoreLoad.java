package org.apollofs.perf.store;

import java.io.IOException;
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
import org.apollofs.io.chunk.ChunkStoreStatistics;

/**
 * One chunk store, kept busy by one thread as a storage target keeps it: a window of chunks is always offered, the rest is
 * the duty cycle. Chunks are named 0 to n-1; writing one again replaces it. Every slab that writes come from has a content of
 * its own, so a chunk that is read back tells which write it is of.
 *
 * <p>Nothing is allocated between begin and end of a pass. One thread; its maker closes it.
 */
final class StoreLoad implements ChunkStoreHandler, AutoCloseable {
    private static final int BLOCK_LENGTH = 64 * 1024;
    private static final int SESSION = 1;

    /** What a pass does. */
    private enum Pass {
        WRITE,
        READ,
        VERIFY
    }

    private final int payloadLength;
    private final SlabPool sources;
    private final SlabPool destinations;
    private final UnsafeBuffer[] checksums;
    /** Which source each chunk was written from. */
    private final short[] sourceOf;

    private final Crc32c crc = new Crc32c();
    private final ChunkStore store;
    private final int count;
    private Pass pass;
    private int offered;
    private int answered;

    /**
     * Opens a store that was formatted.
     *
     * @param context directory, names and device; the rest is set here.
     * @param chunkLength longest chunk of the store, in bytes.
     * @param payloadLength bytes of each chunk.
     * @param count chunks.
     * @param window chunks offered and not answered, at most 32,767.
     */
    StoreLoad(ChunkStoreContext context, int chunkLength, int payloadLength, int count, int window) throws IOException {
        this.payloadLength = payloadLength;
        this.count = count;
        sourceOf = new short[count];
        // Recovery borrows one, and wants a checksum block at least.
        int slabLength = Math.max(BLOCK_LENGTH, (payloadLength + SlabPool.PAGE_LENGTH - 1) & -SlabPool.PAGE_LENGTH);
        sources = SlabPool.allocate(window, slabLength);
        destinations = SlabPool.allocate(window, slabLength);
        checksums = new UnsafeBuffer[window];
        context.deviceContext().slabPool(destinations);
        try {
            store = ChunkStore.open(context.handler(this)
                    .clock(SystemNanoClock.INSTANCE)
                    .slabPool(sources)
                    .writeSlots(Math.max(2, Integer.highestOneBit(window * 2 - 1)))
                    .readSlots(window));
        } catch (IOException | RuntimeException e) {
            closePools();
            throw e;
        }
        // After the open, which borrows a slab.
        for (int i = 0; i < window; i++) {
            UnsafeBuffer content = sources.slab(i).buffer();
            Fill.random(content, i);
            checksums[i] = new UnsafeBuffer(new byte[Crc32c.blockCount(payloadLength, BLOCK_LENGTH) * Integer.BYTES]);
            crc.checksumBlocks(content, 0, payloadLength, BLOCK_LENGTH, checksums[i], 0);
        }
        if (store.superblock().chunkLength() != chunkLength) {
            throw new IllegalStateException("store load: chunkLength=" + chunkLength + ", " + store.superblock());
        }
    }

    /** Writes all chunks, each durable before its answer. @return ns. */
    long write() {
        return run(Pass.WRITE);
    }

    /** Reads all chunks. @return ns. */
    long read() {
        return run(Pass.READ);
    }

    /** Reads all chunks and compares each with what was written last. @throws IllegalStateException if one differs. */
    long verify() {
        return run(Pass.VERIFY);
    }

    /** Of the store, since it was opened. */
    ChunkStoreStatistics statistics() {
        return store.statistics();
    }

    private long run(Pass what) {
        pass = what;
        offered = 0;
        answered = 0;
        long startNs = System.nanoTime();
        while (answered < count) {
            while (offered < count && offer()) {
                offered++;
            }
            store.doWork();
        }
        return System.nanoTime() - startNs;
    }

    private boolean offer() {
        SlabPool pool = pass == Pass.WRITE ? sources : destinations;
        Slab slab = pool.tryAcquire();
        if (slab == null) {
            return false;
        }
        boolean taken = pass == Pass.WRITE
                ? store.offerWrite(
                        slab.index(), offered, SESSION, offered, 0, slab, payloadLength, checksums[slab.index()], null)
                : store.offerRead(0, offered, SESSION, offered, 0, 0, payloadLength, slab);
        if (!taken) {
            slab.release();
        }
        return taken;
    }

    @Override
    public void onWritten(long owner, long correlationId, Slab payload) {
        sourceOf[(int) correlationId] = (short) owner;
        payload.release();
        answered++;
    }

    @Override
    public void onRead(
            long owner,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer blockChecksums,
            int chunkLength,
            DirectBuffer stripeLengths) {
        if (pass == Pass.VERIFY) {
            UnsafeBuffer expected = checksums[sourceOf[(int) correlationId]];
            if (length != payloadLength
                    || crc.verifyBlocks(slab.buffer(), 0, length, BLOCK_LENGTH, expected, 0) != Crc32c.ALL_MATCH) {
                throw new IllegalStateException("chunk differs: stripe=" + correlationId + ", length=" + length);
            }
        }
        slab.release();
        answered++;
    }

    @Override
    public void onDeleted(long owner, long correlationId) {
        throw new IllegalStateException("nothing was deleted");
    }

    @Override
    public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
        throw new IllegalStateException(status + ": " + message);
    }

    @Override
    public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload) {
        throw new IllegalStateException(status + ": " + message);
    }

    @Override
    public void close() {
        store.close();
        closePools();
    }

    private void closePools() {
        sources.close();
        destinations.close();
    }
}

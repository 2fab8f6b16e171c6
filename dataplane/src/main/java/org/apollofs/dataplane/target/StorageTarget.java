package org.apollofs.dataplane.target;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.Agent;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.chunk.ChunkStatus;
import org.apollofs.io.chunk.ChunkStore;
import org.apollofs.io.chunk.ChunkStoreHandler;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.TargetStatus;

/**
 * One storage target: takes requests from its lanes, has its chunk store do them, answers.
 *
 * <p>An agent: one thread runs it, alone or together with others. {@link #open} may be called by another thread before;
 * {@link #statistics()} by any. Payload that arrives is copied once, by the lane server, into a slab that goes as it is to the
 * device; bytes that are read go from the slab to the lane. Chunk writes are bounded by credit, each with a slab; reads have
 * slabs of their own, so that neither starves the other. What cannot go on now waits here, and nothing blocks.
 *
 * <p>It owns its slabs, store and lane server, and closes them.
 */
public final class StorageTarget implements Agent, AutoCloseable, RequestHandler, ChunkStoreHandler {
    /** Names in one answer to a list request. */
    private static final int LIST_PAGE = 1024;

    private final int targetId;
    private final int creditChunks;
    private final int readSlabLimit;
    private final SlabPool pool;
    private final ChunkStore store;
    private final LaneServer server;
    private final TargetAnswers answers;
    private final TargetCounters counters = new TargetCounters();
    private final ArrayDeque<PendingRequest> waiting = new ArrayDeque<>();
    private final ArrayDeque<PendingRequest> spare = new ArrayDeque<>();
    private int writeSlabs;
    private boolean closed;

    private StorageTarget(StorageTargetContext context) throws IOException {
        targetId = context.targetId();
        creditChunks = context.creditChunks();
        readSlabLimit = context.readSlabs();
        pool = SlabPool.allocate(creditChunks + readSlabLimit, context.chunkLength());
        ChunkStore opened = null;
        try {
            opened = ChunkStore.open(context.concludeStore(pool, this));
            server = context.network().serve(targetId, creditChunks, this);
        } catch (IOException | RuntimeException e) {
            CloseHelper.quietCloseAll(opened, pool);
            throw e;
        }
        store = opened;
        answers = new TargetAnswers(server, counters, store.superblock().chunkLength());
    }

    /**
     * Prepares the making of a target's directory; see {@link StoreFormat} for size, chunk length and the rest, and for what
     * it guarantees.
     */
    public static StoreFormat format(Path directory, UUID siteId, int targetId) {
        return new StoreFormat(directory, siteId, targetId);
    }

    /**
     * Opens a formatted target, recovers its store and serves its lanes as soon as the agent runs.
     *
     * @param context is concluded here.
     * @return the target, to be run as an agent and closed by the caller.
     * @throws org.apollofs.io.chunk.TargetRefusedException if it is not the target that is expected, or damaged.
     * @throws IOException if the device or the directory fails.
     */
    public static StorageTarget open(StorageTargetContext context) throws IOException {
        return new StorageTarget(context.conclude());
    }

    @Override
    public String roleName() {
        return "target-" + targetId;
    }

    @Override
    public int doWork() {
        int work = answers.doWork();
        work += offerWaiting();
        work += server.poll();
        work += store.doWork();
        return work;
    }

    private int offerWaiting() {
        int work = 0;
        // In order, so that a request that needs more is not overtaken for ever.
        for (PendingRequest request = waiting.peek(); request != null && offer(request); request = waiting.peek()) {
            spare.push(waiting.remove());
            work++;
        }
        return work;
    }

    private boolean offer(PendingRequest r) {
        return r.delete
                ? offerDelete(r.laneId, r.correlationId, r.session, r.stripe, r.index)
                : offerRead(r.laneId, r.correlationId, r.session, r.stripe, r.index, r.chunkOffset, r.length);
    }

    private boolean offerDelete(long laneId, long correlationId, long session, long stripe, int index) {
        // The slots that credit has promised to chunks are not for deletes.
        return store.freeWriteSlots() > creditChunks
                && store.offerDelete(laneId, correlationId, session, stripe, index);
    }

    private boolean offerRead(
            long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length) {
        if (answers.readSlabs() >= readSlabLimit) {
            return false;
        }
        Slab slab = pool.tryAcquire();
        if (slab == null) {
            return false;
        }
        answers.onReadSlab();
        if (!store.offerRead(laneId, correlationId, session, stripe, index, chunkOffset, length, slab)) {
            answers.release(slab);
            return false;
        }
        return true;
    }

    private PendingRequest defer(long laneId, long correlationId, long session, long stripe, int index) {
        counters.increment(TargetCounter.REQUESTS_DEFERRED);
        PendingRequest request = spare.isEmpty() ? new PendingRequest() : spare.pop();
        request.laneId = laneId;
        request.correlationId = correlationId;
        request.session = session;
        request.stripe = stripe;
        request.index = index;
        waiting.add(request);
        return request;
    }

    @Override
    public Slab acquireSlab(int length) {
        Slab slab = writeSlabs < creditChunks && length <= pool.slabLength() ? pool.tryAcquire() : null;
        if (slab == null) {
            counters.increment(TargetCounter.SLAB_STALLS);
        } else {
            writeSlabs++;
        }
        return slab;
    }

    @Override
    public void onWriteChunk(
            long laneId,
            long correlationId,
            long session,
            long stripe,
            int index,
            Slab payload,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        counters.increment(TargetCounter.WRITE_REQUESTS);
        if (!store.offerWrite(
                laneId, correlationId, session, stripe, index, payload, length, checksums, stripeLengths)) {
            throw new IllegalStateException(
                    "no slot for a chunk that has a slab: target=" + targetId + ", slabs=" + writeSlabs);
        }
    }

    @Override
    public void onReadChunk(
            long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length) {
        counters.increment(TargetCounter.READ_REQUESTS);
        if (!waiting.isEmpty() || !offerRead(laneId, correlationId, session, stripe, index, chunkOffset, length)) {
            PendingRequest request = defer(laneId, correlationId, session, stripe, index);
            request.delete = false;
            request.chunkOffset = chunkOffset;
            request.length = length;
        }
    }

    @Override
    public void onDeleteChunk(long laneId, long correlationId, long session, long stripe, int index) {
        counters.increment(TargetCounter.DELETE_REQUESTS);
        if (!waiting.isEmpty() || !offerDelete(laneId, correlationId, session, stripe, index)) {
            defer(laneId, correlationId, session, stripe, index).delete = true;
        }
    }

    @Override
    public void onQueryStatus(long laneId, long correlationId) {
        counters.increment(TargetCounter.STATUS_REQUESTS);
        answers.status(
                laneId,
                correlationId,
                new TargetStatus(
                        targetId,
                        store.superblock().dataLength(),
                        store.freeBytes(),
                        store.chunkCount(),
                        store.isWritable()));
    }

    @Override
    public void onListChunks(long laneId, long correlationId, long cursor) {
        counters.increment(TargetCounter.LIST_REQUESTS);
        List<ChunkAddress> page = new ArrayList<>();
        long next = store.list(
                cursor, LIST_PAGE, name -> page.add(new ChunkAddress(name.session(), name.stripe(), name.index())));
        answers.list(laneId, correlationId, page, next);
    }

    @Override
    public void onWritten(long owner, long correlationId, Slab payload) {
        releaseWriteSlab(payload);
        answers.written(owner, correlationId);
    }

    private void releaseWriteSlab(Slab payload) {
        payload.release();
        writeSlabs--;
    }

    @Override
    public void onDeleted(long owner, long correlationId) {
        answers.deleted(owner, correlationId);
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
        answers.read(owner, correlationId, slab, blockOffset, length, checksums, chunkLength, stripeLengths);
    }

    @Override
    public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload) {
        if (payload != null) {
            releaseWriteSlab(payload);
        }
        answers.error(owner, correlationId, errorCode(status), message);
    }

    @Override
    public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab destination) {
        answers.release(destination);
        answers.error(owner, correlationId, errorCode(status), message);
    }

    private static ErrorCode errorCode(ChunkStatus status) {
        return switch (status) {
            case NOT_FOUND -> ErrorCode.NOT_FOUND;
            case NO_SPACE -> ErrorCode.NO_SPACE;
            case IO_ERROR -> ErrorCode.IO_ERROR;
            case CHECKSUM_MISMATCH -> ErrorCode.CHECKSUM_MISMATCH;
            case INVALID -> ErrorCode.INVALID;
            case OUT_OF_SERVICE -> ErrorCode.OUT_OF_SERVICE;
        };
    }

    /** Figures of now. Any thread. */
    public StorageTargetStatistics statistics() {
        return new StorageTargetStatistics(store.statistics(), counters.snapshot(), pool.slabCount(), pool.available());
    }

    /**
     * Sequence number of the last record of its journal that is durable. Before the agent runs, or after it has ended.
     */
    public long durableSequence() {
        return store.durableSequence();
    }

    /** The target's number in the site. */
    public int targetId() {
        return targetId;
    }

    @Override
    public void onClose() {
        close();
    }

    /**
     * Finishes what the store has taken, durably, and closes. Waits for the disk. By the agent's thread, or by another once
     * that has stopped. Lanes see the target gone.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            store.close();
            answers.doWork();
            answers.drop();
        } finally {
            CloseHelper.closeAll(server, pool);
        }
    }
}

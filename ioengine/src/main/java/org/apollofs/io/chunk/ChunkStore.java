package org.apollofs.io.chunk;

import com.google.errorprone.annotations.CheckReturnValue;
import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.RingBuffer;
import java.io.IOException;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.BlockDevices;
import org.apollofs.io.device.CompletionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chunks of one target: writes them so that they are durable before they are acknowledged, reads and deletes them.
 *
 * <p>Asynchronous: requests are offered, {@link #doWork()} moves them on and calls the {@link ChunkStoreHandler}. One thread
 * owns a store: everything but {@link #statistics()} is called by it; it never waits for the disk. Writes and deletes go
 * through a Disruptor ring of preallocated slots, in whose order they take effect: verify, submit, journal, commit,
 * acknowledge, each stage with a sequence of its own. Nothing is allocated for a request that succeeds.
 *
 * <p>Guarantees: a write or delete that was answered survives any crash. One that was not may have happened or not, as a
 * whole. A chunk that is written again is replaced when the new one is durable, and not before. After a failed device write or
 * any failed sync the store is out of service for changes, for good; reads go on.
 */
public final class ChunkStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChunkStore.class);
    /** Records beyond which a clean close writes a snapshot, so that the next open has little to replay. */
    private static final int CLOSE_JOURNAL_BYTES = 1 << 20;
    /** Duty cycles between looks at all tables of the index. */
    private static final int MEMORY_GAUGE_CYCLES = 10_000;

    private final StoreFiles files;
    private final SnapshotFile[] snapshots;
    private final StoreParts parts;
    private final Compaction compaction;
    private final VerifyStage verify;
    private final SubmitStage submit;
    private final JournalStage journal;
    private final CommitStage commit;
    private final AcknowledgeStage acknowledge;
    private final ReadPath reads;
    private final CompletionHandler onCompletion = this::onCompletion;
    private boolean marked = true;
    private int cyclesToMemoryGauge;
    private boolean closed;

    private ChunkStore(ChunkStoreContext context, StoreFiles files, SnapshotFile[] snapshots, StoreParts parts) {
        this.files = files;
        this.snapshots = snapshots;
        this.parts = parts;
        int bound = context.journalBound() == 0
                ? parts.journal().capacityBytes() / 4 * 3
                : Math.min(context.journalBound(), parts.journal().capacityBytes());
        compaction = new Compaction(parts, snapshots, bound);
        reads = new ReadPath(parts, context.readSlots());
        verify = new VerifyStage(parts);
        submit = new SubmitStage(parts, verify.sequence());
        journal = new JournalStage(parts, submit.sequence(), compaction);
        commit = new CommitStage(parts, journal, context.commitBytes(), context.commitDelayNs());
        PendingFrees frees = new PendingFrees(parts.space());
        acknowledge = new AcknowledgeStage(parts, journal.sequence(), commit, reads, frees);
        parts.ring().addGatingSequences(acknowledge.sequence());
        updateGauges();
    }

    /**
     * Opens a formatted target and recovers it. Blocks for as long as recovery takes.
     *
     * @param context is concluded here.
     * @return the store, to be closed by the caller.
     * @throws TargetRefusedException if it is not the target that is expected, or damaged.
     * @throws IOException if the device or the directory fails.
     */
    public static ChunkStore open(ChunkStoreContext context) throws IOException {
        context.conclude();
        StoreOpening opening = new StoreOpening(context);
        try {
            StoreParts parts = opening.recover();
            ChunkStore store = new ChunkStore(context, opening.files(), opening.snapshots(), parts);
            if (opening.isSnapshotMissing()) {
                store.compaction.resume();
            }
            return store;
        } catch (IOException | RuntimeException e) {
            opening.abandon();
            throw e;
        }
    }

    /**
     * Takes a chunk to be written.
     *
     * @param owner and {@code correlationId}: come back with the answer.
     * @param payload the chunk's bytes from its first on; the store's until the answer. Bytes behind the payload, up to the
     *     next multiple of 4096, are overwritten with zeros.
     * @param length payload bytes, 1 to the chunk length.
     * @param checksums CRC32C of each block of 64 KiB, little-endian ints; copied.
     * @param stripeLengths kept with the chunk, little-endian ints; empty or null if there are none; copied.
     * @return false if all slots are in use: try again after {@link #doWork()}; the slab stays the caller's.
     */
    @CheckReturnValue
    public boolean offerWrite(
            long owner,
            long correlationId,
            long session,
            long stripe,
            int index,
            Slab payload,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        if (!hasWriteSlot()) {
            return false;
        }
        long sequence = parts.ring().next();
        WriteSlot slot = parts.ring().get(sequence);
        slot.name(owner, correlationId, session, stripe, index, parts.clock().nanoTime());
        int stripeBytes = stripeLengths == null ? 0 : stripeLengths.capacity();
        slot.write(payload, length, checksums, checksums.capacity(), stripeLengths, stripeBytes);
        parts.ring().publish(sequence);
        return true;
    }

    /** Takes a delete. Deleting what is absent succeeds. @return as {@link #offerWrite}. */
    @CheckReturnValue
    public boolean offerDelete(long owner, long correlationId, long session, long stripe, int index) {
        if (!hasWriteSlot()) {
            return false;
        }
        long sequence = parts.ring().next();
        WriteSlot slot = parts.ring().get(sequence);
        slot.name(owner, correlationId, session, stripe, index, parts.clock().nanoTime());
        slot.delete();
        parts.ring().publish(sequence);
        return true;
    }

    private boolean hasWriteSlot() {
        boolean has = !closed && parts.ring().hasAvailableCapacity(1);
        if (!has) {
            parts.counters().increment(StoreCounter.WRITE_RING_FULL);
        }
        return has;
    }

    /**
     * Takes a read of a range, in whole checksum blocks. It sees what was acknowledged last. May answer at once, from inside.
     *
     * @param chunkOffset first byte wanted; the answer begins at the block it is in.
     * @param length bytes wanted; the answer ends with a block or the chunk.
     * @param destination has room for the blocks; the store's until the answer.
     * @return false if all slots are in use: try again after {@link #doWork()}; the slab stays the caller's.
     */
    @CheckReturnValue
    public boolean offerRead(
            long owner,
            long correlationId,
            long session,
            long stripe,
            int index,
            int chunkOffset,
            int length,
            Slab destination) {
        return !closed && reads.offer(owner, correlationId, session, stripe, index, chunkOffset, length, destination);
    }

    /**
     * Does what can be done now. The duty cycle of the owner's agent.
     *
     * @return work done, 0 if there was none.
     */
    public int doWork() {
        int work = parts.device().poll(onCompletion);
        work += verify.doWork();
        work += submit.doWork();
        work += reads.doWork();
        work += journal.doWork();
        work += commit.doWork();
        work += acknowledge.doWork();
        work += compaction.doWork();
        parts.device().submit();
        if (work > 0) {
            marked = false;
            updateGauges();
        } else if (!marked && isIdle()) {
            mark();
        }
        return work;
    }

    private void onCompletion(long token, int result) {
        long number = Token.number(token);
        switch (Token.kind(token)) {
            case Token.WRITE -> submit.onCompletion(parts.ring().get(number), result);
            case Token.READ -> reads.onCompletion((int) number, result);
            case Token.DATA_SYNC -> commit.onSyncCompletion("data", result);
            case Token.JOURNAL_SYNC -> commit.onSyncCompletion("journal", result);
            case Token.HEADER_SYNC -> compaction.onHeaderSync(result);
            case Token.SNAPSHOT_SYNC -> compaction.onSnapshotSync(result);
            default -> throw new IllegalStateException("unknown completion: token=" + token);
        }
    }

    /** Notes in the journal that all is durable, so that a later recovery can tell damage from a torn tail. */
    private void mark() {
        marked = true;
        ChunkJournal log = parts.journal();
        if (parts.state().isInService() && log.durableSequence() == log.lastSequence() && log.hasRoom()) {
            log.appendMark();
        }
    }

    private boolean isIdle() {
        return acknowledge.sequence().get() == parts.ring().getCursor() && reads.isIdle() && compaction.isIdle();
    }

    private void updateGauges() {
        StoreCounters counters = parts.counters();
        counters.set(StoreCounter.CHUNKS, parts.index().size());
        counters.set(StoreCounter.USED_BYTES, parts.space().usedBytes());
        counters.set(StoreCounter.LARGEST_FREE_BYTES, parts.space().largestFreeLength());
        counters.set(StoreCounter.FRAGMENTED_BYTES, parts.space().fragmentedBytes());
        counters.set(StoreCounter.JOURNAL_USED_BYTES, parts.journal().usedBytes());
        if (--cyclesToMemoryGauge < 0) {
            cyclesToMemoryGauge = MEMORY_GAUGE_CYCLES;
            counters.set(
                    StoreCounter.MEMORY_BYTES,
                    parts.index().memoryBytes() + parts.space().memoryBytes());
        }
    }

    /**
     * Names a page of the chunks held, in an order of the store's own: each chunk that stays is named once. Cold.
     *
     * @param cursor 0 to begin, else what the last call gave.
     * @param limit names to give, at least 1; a few more come seldom.
     * @return cursor of the next page, or 0 at the end.
     */
    public long list(long cursor, int limit, Consumer<ChunkName> consumer) {
        ChunkEntry entry = new ChunkEntry();
        return parts.index()
                .list(cursor, limit, entry, e -> consumer.accept(new ChunkName(e.session, e.stripe, e.index)));
    }

    /** Figures of now. Any thread. */
    public ChunkStoreStatistics statistics() {
        StoreCounters counters = parts.counters();
        long capacity = parts.superblock().dataLength();
        return new ChunkStoreStatistics(
                parts.targetId(),
                capacity,
                capacity - counters.get(StoreCounter.USED_BYTES),
                counters.get(StoreCounter.CHUNKS),
                parts.state().isInService(),
                parts.state().reason(),
                parts.device().describe(),
                counters.snapshot(),
                parts.times().snapshot());
    }

    /** Who the target is, and its geometry. Any thread. */
    public Superblock superblock() {
        return parts.superblock();
    }

    /** Sequence number of the last record that is durable: a later opening has it, or is of an older copy. */
    public long durableSequence() {
        return parts.journal().durableSequence();
    }

    /** Bytes in blocks that are free now. */
    public long freeBytes() {
        return parts.space().freeBytes();
    }

    /** Writes and deletes that would be taken now. */
    public long freeWriteSlots() {
        return closed ? 0 : parts.ring().remainingCapacity();
    }

    /** Chunks held now. */
    public long chunkCount() {
        return parts.index().size();
    }

    /** False once the store is out of service for changes. */
    public boolean isWritable() {
        return parts.state().isInService();
    }

    /**
     * Answers everything that was taken, makes it durable, and closes device and files. By the owner, or by another thread once
     * the owner has stopped. Waits for the disk.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            drain();
            if (parts.state().isInService() && parts.journal().usedBytes() > CLOSE_JOURNAL_BYTES) {
                compaction.start();
                drain();
            }
            mark();
        } catch (RuntimeException e) {
            LOG.error("target closed uncleanly: target={}", parts.targetId(), e);
            throw e;
        } finally {
            closeParts();
        }
    }

    /**
     * Ends a store as a kill would, for simulators: nothing more is written, whatever was taken fails, memory and files are
     * closed.
     */
    public void abandon() {
        if (!closed) {
            closed = true;
            parts.state().leaveUnsynced("store abandoned: target=" + parts.targetId());
            acknowledge.abandon();
            reads.abandon();
            closeParts();
        }
    }

    private void drain() {
        while (!isIdle() || commit.isBusy() || parts.device().pending() > 0) {
            if (doWork() == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private void closeParts() {
        CloseHelper.quietCloseAll(compaction);
        StoreOpening.close(parts.device(), parts.journal(), snapshots, files, parts.index(), parts.space());
    }

    /** The device context of a target's directory. */
    static BlockDevice openDevice(ChunkStoreContext context) throws IOException {
        BlockDeviceContext device = context.deviceContext();
        device.path(context.directory().resolve(StoreFormat.DATA_FILE));
        if (!device.slabPools().contains(context.slabPool())) {
            device.slabPool(context.slabPool());
        }
        return BlockDevices.open(device);
    }

    /** A ring of slots for chunks of a target. */
    static RingBuffer<WriteSlot> newRing(int slots, int chunkLength) {
        return RingBuffer.createSingleProducer(() -> new WriteSlot(chunkLength), slots, new BusySpinWaitStrategy());
    }
}

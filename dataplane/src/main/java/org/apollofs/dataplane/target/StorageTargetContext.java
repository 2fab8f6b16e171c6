package org.apollofs.dataplane.target;

import java.nio.file.Path;
import java.util.UUID;
import org.agrona.concurrent.NanoClock;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.TargetMark;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.transport.Network;

/** What {@link StorageTarget#open} needs to know. Set up by one thread, concluded by {@code open}; owns nothing. */
public final class StorageTargetContext {
    /** Default of {@link #creditChunks(int)}. */
    public static final int DEFAULT_CREDIT_CHUNKS = 32;
    /** Default of {@link #readSlabs(int)}. */
    public static final int DEFAULT_READ_SLABS = 16;

    private Path directory;
    private UUID siteId;
    private int targetId = -1;
    private Network network;
    private NanoClock clock;
    private BlockDeviceContext device = new BlockDeviceContext();
    private int chunkLength = 1 << 20;
    private int creditChunks = DEFAULT_CREDIT_CHUNKS;
    private int readSlabs = DEFAULT_READ_SLABS;
    private long commitBytes = ChunkStoreContext.DEFAULT_COMMIT_BYTES;
    private long commitDelayNs = ChunkStoreContext.DEFAULT_COMMIT_DELAY_NS;
    private TargetMark mark;
    private long leastSequence;
    private ChunkStoreContext store;

    /** The target's directory, made by {@link StorageTarget#format}: required. */
    public StorageTargetContext directory(Path directory) {
        this.directory = directory;
        return this;
    }

    public Path directory() {
        return directory;
    }

    /** The site that the target must belong to: required. */
    public StorageTargetContext siteId(UUID siteId) {
        this.siteId = siteId;
        return this;
    }

    public UUID siteId() {
        return siteId;
    }

    /** The target that must be there: required, from 0. */
    public StorageTargetContext targetId(int targetId) {
        this.targetId = targetId;
        return this;
    }

    public int targetId() {
        return targetId;
    }

    /** Where lanes come from: required; outlives the target. */
    public StorageTargetContext network(Network network) {
        this.network = network;
        return this;
    }

    public Network network() {
        return network;
    }

    /** The clock of latencies: required. */
    public StorageTargetContext clock(NanoClock clock) {
        this.clock = clock;
        return this;
    }

    public NanoClock clock() {
        return clock;
    }

    /** How the device is opened: backend, queue depth, polling. */
    public StorageTargetContext device(BlockDeviceContext device) {
        this.device = device;
        return this;
    }

    public BlockDeviceContext device() {
        return device;
    }

    /** Bytes of the longest chunk, as at format: the length of each slab. */
    public StorageTargetContext chunkLength(int chunkLength) {
        this.chunkLength = chunkLength;
        return this;
    }

    public int chunkLength() {
        return chunkLength;
    }

    /** Chunk writes that may be on their way here over all hosts: each has a slab of its own. */
    public StorageTargetContext creditChunks(int creditChunks) {
        this.creditChunks = creditChunks;
        return this;
    }

    public int creditChunks() {
        return creditChunks;
    }

    /** Reads that may be at the device or wait to be sent: each has a slab of its own. */
    public StorageTargetContext readSlabs(int readSlabs) {
        this.readSlabs = readSlabs;
        return this;
    }

    public int readSlabs() {
        return readSlabs;
    }

    /** See {@link ChunkStoreContext#commitBytes(long)}. */
    public StorageTargetContext commitBytes(long commitBytes) {
        this.commitBytes = commitBytes;
        return this;
    }

    public long commitBytes() {
        return commitBytes;
    }

    /** See {@link ChunkStoreContext#commitDelayNs(long)}. */
    public StorageTargetContext commitDelayNs(long commitDelayNs) {
        this.commitDelayNs = commitDelayNs;
        return this;
    }

    public long commitDelayNs() {
        return commitDelayNs;
    }

    /** See {@link ChunkStoreContext#mark(TargetMark)}. */
    public StorageTargetContext mark(TargetMark mark) {
        this.mark = mark;
        return this;
    }

    public TargetMark mark() {
        return mark;
    }

    /** See {@link ChunkStoreContext#leastSequence(long)}. */
    public StorageTargetContext leastSequence(long leastSequence) {
        this.leastSequence = leastSequence;
        return this;
    }

    public long leastSequence() {
        return leastSequence;
    }

    /**
     * A store context that is set up already, but for handler and slab pool: for tests and simulators, which bring devices of
     * their own. Null, the default, to make one of the other settings.
     */
    public StorageTargetContext store(ChunkStoreContext store) {
        this.store = store;
        return this;
    }

    /**
     * Checks what was set.
     *
     * @throws IllegalArgumentException that names the setting, its value and what was expected.
     */
    public StorageTargetContext conclude() {
        require(network != null, "network", null, "set");
        require(targetId >= 0, "targetId", targetId, "set, from 0");
        require(creditChunks >= 1, "creditChunks", creditChunks, "at least 1");
        require(readSlabs >= 1, "readSlabs", readSlabs, "at least 1");
        require(
                chunkLength > 0 && chunkLength % SlabPool.PAGE_LENGTH == 0,
                "chunkLength",
                chunkLength,
                "a positive multiple of " + SlabPool.PAGE_LENGTH);
        return this;
    }

    /** The store's context: it checks what else is required. */
    ChunkStoreContext concludeStore(SlabPool slabPool, StorageTarget handler) {
        ChunkStoreContext context = store != null
                ? store
                : new ChunkStoreContext()
                        .directory(directory)
                        .siteId(siteId)
                        .targetId(targetId)
                        .clock(clock)
                        .deviceContext(device)
                        .commitBytes(commitBytes)
                        .commitDelayNs(commitDelayNs)
                        .mark(mark)
                        .leastSequence(leastSequence);
        // Half of the slots are for deletes, so that a chunk that has its slab always has a slot too.
        return context.slabPool(slabPool)
                .handler(handler)
                .writeSlots(Math.max(64, Integer.highestOneBit(2 * creditChunks - 1) << 1))
                .readSlots(readSlabs);
    }

    private void require(boolean holds, String setting, Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "storage target: target=" + targetId + ", " + setting + "=" + value + " (" + expected + ")");
        }
    }
}

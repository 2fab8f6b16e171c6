package org.apollofs.io.chunk;

import java.nio.file.Path;
import java.util.UUID;
import org.agrona.concurrent.NanoClock;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContext;

/**
 * What {@link ChunkStore#open} needs to know. Set up by one thread, concluded by {@code open}; owns nothing.
 */
public final class ChunkStoreContext {
    /** Default of {@link #writeSlots(int)}. */
    public static final int DEFAULT_WRITE_SLOTS = 256;
    /** Default of {@link #readSlots(int)}. */
    public static final int DEFAULT_READ_SLOTS = 128;
    /** Default of {@link #commitBytes(long)}. */
    public static final long DEFAULT_COMMIT_BYTES = 16L << 20;
    /** Default of {@link #commitDelayNs(long)}. */
    public static final long DEFAULT_COMMIT_DELAY_NS = 1_000_000;

    /** Smallest device queue that leaves reads and writes something after the syncs. */
    private static final int MIN_QUEUE_DEPTH = 2 * StoreParts.RESERVED_FOR_SYNCS;

    private Path directory;
    private UUID siteId;
    private int targetId = -1;
    private ChunkStoreHandler handler;
    private NanoClock clock;
    private SlabPool slabPool;
    private BlockDeviceContext deviceContext = new BlockDeviceContext();
    private BlockDevice device;
    private StoreFiles files;
    private int writeSlots = DEFAULT_WRITE_SLOTS;
    private int readSlots = DEFAULT_READ_SLOTS;
    private long commitBytes = DEFAULT_COMMIT_BYTES;
    private long commitDelayNs = DEFAULT_COMMIT_DELAY_NS;
    private int journalBound;
    private TargetMark mark;
    private long leastSequence;

    /** The target's directory, made by {@link StoreFormat}: required. */
    public ChunkStoreContext directory(Path directory) {
        this.directory = directory;
        return this;
    }

    public Path directory() {
        return directory;
    }

    /** The site that the target must belong to: required. */
    public ChunkStoreContext siteId(UUID siteId) {
        this.siteId = siteId;
        return this;
    }

    public UUID siteId() {
        return siteId;
    }

    /** The target that must be there: required, from 0. */
    public ChunkStoreContext targetId(int targetId) {
        this.targetId = targetId;
        return this;
    }

    public int targetId() {
        return targetId;
    }

    /** Who gets the answers: required. */
    public ChunkStoreContext handler(ChunkStoreHandler handler) {
        this.handler = handler;
        return this;
    }

    public ChunkStoreHandler handler() {
        return handler;
    }

    /** The clock of latencies and of the commit's delay: required. */
    public ChunkStoreContext clock(NanoClock clock) {
        this.clock = clock;
        return this;
    }

    public NanoClock clock() {
        return clock;
    }

    /**
     * The pool whose slabs requests will bring, registered with the device: required. Its slabs have room for a chunk; one is
     * borrowed while the store opens. It outlives the store.
     */
    public ChunkStoreContext slabPool(SlabPool slabPool) {
        this.slabPool = slabPool;
        return this;
    }

    public SlabPool slabPool() {
        return slabPool;
    }

    /** How the device is opened (backend, queue depth, polling): path and slab pool are set by the store. */
    public ChunkStoreContext deviceContext(BlockDeviceContext deviceContext) {
        this.deviceContext = deviceContext;
        return this;
    }

    public BlockDeviceContext deviceContext() {
        return deviceContext;
    }

    /** A device that is open already, taken over and closed by the store: for tests; null to open the target's own. */
    public ChunkStoreContext device(BlockDevice device) {
        this.device = device;
        return this;
    }

    public BlockDevice device() {
        return device;
    }

    /** Files in place of the directory's, taken over and closed by the store: for tests. */
    ChunkStoreContext files(StoreFiles files) {
        this.files = files;
        return this;
    }

    StoreFiles files() {
        return files;
    }

    /** Writes and deletes that may be on their way: a power of two. */
    public ChunkStoreContext writeSlots(int writeSlots) {
        this.writeSlots = writeSlots;
        return this;
    }

    public int writeSlots() {
        return writeSlots;
    }

    /** Reads that may be on their way. */
    public ChunkStoreContext readSlots(int readSlots) {
        this.readSlots = readSlots;
        return this;
    }

    public int readSlots() {
        return readSlots;
    }

    /** Bytes of payload after which a group commit starts although more is on its way. */
    public ChunkStoreContext commitBytes(long commitBytes) {
        this.commitBytes = commitBytes;
        return this;
    }

    public long commitBytes() {
        return commitBytes;
    }

    /** How long a journaled chunk waits for others at most, in ns, while more is on its way. */
    public ChunkStoreContext commitDelayNs(long commitDelayNs) {
        this.commitDelayNs = commitDelayNs;
        return this;
    }

    public long commitDelayNs() {
        return commitDelayNs;
    }

    /** Bytes of records after which the journal is compacted; 0, the default, for three quarters of the journal file. */
    public ChunkStoreContext journalBound(int journalBound) {
        this.journalBound = journalBound;
        return this;
    }

    public int journalBound() {
        return journalBound;
    }

    /** What the superblock says from now on of who uses the target; null, the default, to leave it as it is. */
    public ChunkStoreContext mark(TargetMark mark) {
        this.mark = mark;
        return this;
    }

    public TargetMark mark() {
        return mark;
    }

    /** Sequence number of a record that the journal once had; 0, the default, if none is known. A target without it is refused. */
    public ChunkStoreContext leastSequence(long leastSequence) {
        this.leastSequence = leastSequence;
        return this;
    }

    public long leastSequence() {
        return leastSequence;
    }

    /**
     * Checks what was set.
     *
     * @throws IllegalArgumentException that names the setting, its value and what was expected.
     */
    public ChunkStoreContext conclude() {
        require(directory != null || (device != null && files != null), "directory", null, "set");
        require(siteId != null, "siteId", null, "set");
        require(targetId >= 0, "targetId", targetId, "set, from 0");
        require(handler != null, "handler", null, "set");
        require(clock != null, "clock", null, "set");
        require(slabPool != null, "slabPool", null, "set");
        require(writeSlots > 0 && Integer.bitCount(writeSlots) == 1, "writeSlots", writeSlots, "a power of two");
        require(readSlots > 0, "readSlots", readSlots, "at least 1");
        require(commitBytes > 0, "commitBytes", commitBytes, "at least 1");
        require(commitDelayNs >= 0, "commitDelayNs", commitDelayNs, "at least 0");
        require(journalBound >= 0, "journalBound", journalBound, "at least 0");
        int queueDepth = device != null ? device.queueDepth() : deviceContext.queueDepth();
        require(queueDepth >= MIN_QUEUE_DEPTH, "queueDepth", queueDepth, "at least " + MIN_QUEUE_DEPTH);
        return this;
    }

    private void require(boolean holds, String setting, Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "chunk store: target=" + targetId + ", " + setting + "=" + value + " (" + expected + ")");
        }
    }
}

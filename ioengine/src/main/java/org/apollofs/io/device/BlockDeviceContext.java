package org.apollofs.io.device;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apollofs.io.buffer.SlabPool;

/**
 * What {@link BlockDevices#open} needs to know. Set up by one thread, concluded by {@code open}; owns nothing.
 */
public final class BlockDeviceContext {
    /** Default of {@link #queueDepth(int)}. */
    public static final int DEFAULT_QUEUE_DEPTH = 64;

    /** Largest queue depth: io_uring's limit of entries, less room for none. */
    public static final int MAX_QUEUE_DEPTH = 32768;

    private Path path;
    private Backend backend = Backend.AUTO;
    private int queueDepth = DEFAULT_QUEUE_DEPTH;
    private long capacity;
    private boolean directIo = true;
    private boolean readOnly;
    private boolean registerBuffers = true;
    private boolean sqPoll;
    private int sqPollIdleMs = 1000;
    private boolean ioPoll;
    private final List<SlabPool> slabPools = new ArrayList<>();

    /** The data file or raw device: required, must exist. */
    public BlockDeviceContext path(Path path) {
        this.path = path;
        return this;
    }

    public Path path() {
        return path;
    }

    /** What carries out the operations: {@link Backend#AUTO} by default. */
    public BlockDeviceContext backend(Backend backend) {
        this.backend = backend;
        return this;
    }

    public Backend backend() {
        return backend;
    }

    /** How many operations may be pending. */
    public BlockDeviceContext queueDepth(int queueDepth) {
        this.queueDepth = queueDepth;
        return this;
    }

    public int queueDepth() {
        return queueDepth;
    }

    /** Bytes to use of the device, from its start; 0, the default, for all of it. */
    public BlockDeviceContext capacity(long capacity) {
        this.capacity = capacity;
        return this;
    }

    public long capacity() {
        return capacity;
    }

    /**
     * Go past the page cache: true by default. False is for file systems without O_DIRECT in tests; the device says so
     * aloud.
     */
    public BlockDeviceContext directIo(boolean directIo) {
        this.directIo = directIo;
        return this;
    }

    public boolean directIo() {
        return directIo;
    }

    /** Opens for reading only: writes complete with -EBADF. */
    public BlockDeviceContext readOnly(boolean readOnly) {
        this.readOnly = readOnly;
        return this;
    }

    public boolean readOnly() {
        return readOnly;
    }

    /** Registers the pools' memory with io_uring, so that it is pinned once and not at each operation: default true. */
    public BlockDeviceContext registerBuffers(boolean registerBuffers) {
        this.registerBuffers = registerBuffers;
        return this;
    }

    public boolean registerBuffers() {
        return registerBuffers;
    }

    /** A kernel thread takes submissions, at the price of a core: default false. */
    public BlockDeviceContext sqPoll(boolean sqPoll) {
        this.sqPoll = sqPoll;
        return this;
    }

    public boolean sqPoll() {
        return sqPoll;
    }

    /** Milliseconds without work after which that kernel thread sleeps. */
    public BlockDeviceContext sqPollIdleMs(int sqPollIdleMs) {
        this.sqPollIdleMs = sqPollIdleMs;
        return this;
    }

    public int sqPollIdleMs() {
        return sqPollIdleMs;
    }

    /** Polls the drive instead of waiting for interrupts, where drive and driver have poll queues: default false. */
    public BlockDeviceContext ioPoll(boolean ioPoll) {
        this.ioPoll = ioPoll;
        return this;
    }

    public boolean ioPoll() {
        return ioPoll;
    }

    /** Adds a pool whose slabs will be used. Slabs of other pools work too, slower. The pool outlives the device. */
    public BlockDeviceContext slabPool(SlabPool slabPool) {
        slabPools.add(Objects.requireNonNull(slabPool));
        return this;
    }

    public List<SlabPool> slabPools() {
        return slabPools;
    }

    /**
     * Checks what was set.
     *
     * @throws IllegalArgumentException that names the setting, its value and what was expected.
     */
    public BlockDeviceContext conclude() {
        if (path == null) {
            throw new IllegalArgumentException("block device: path is not set");
        }
        if (queueDepth < 1 || queueDepth > MAX_QUEUE_DEPTH) {
            throw new IllegalArgumentException(
                    "block device: path=" + path + ", queueDepth=" + queueDepth + " (1 to " + MAX_QUEUE_DEPTH + ")");
        }
        if (capacity < 0) {
            throw new IllegalArgumentException(
                    "block device: path=" + path + ", capacity=" + capacity + " (0 for all, or positive)");
        }
        if (sqPollIdleMs < 1) {
            throw new IllegalArgumentException(
                    "block device: path=" + path + ", sqPollIdleMs=" + sqPollIdleMs + " (at least 1)");
        }
        return this;
    }
}

package org.apollofs.io.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;

/**
 * A fixed number of {@link Slab}s in one contiguous, page-aligned region that was touched at creation: the first touch
 * of a page costs ten times the copy into it.
 *
 * <p>Any thread may acquire and release. Nothing allocates after {@link #allocate}. The creator closes the pool once
 * every slab is back; closing frees the memory at once.
 */
public final class SlabPool implements AutoCloseable {
    /** Alignment of every slab and granule of its length: the page size and every NVMe sector size divide it. */
    public static final int PAGE_LENGTH = 4096;

    private static final long REGION_ALIGNMENT = 2L * 1024 * 1024;

    private final Arena arena;
    private final MemorySegment region;
    private final int slabLength;
    private final Slab[] slabs;
    private final ManyToManyConcurrentArrayQueue<Slab> free;

    private SlabPool(Arena arena, MemorySegment region, int slabCount, int slabLength) {
        this.arena = arena;
        this.region = region;
        this.slabLength = slabLength;
        this.slabs = new Slab[slabCount];
        this.free = new ManyToManyConcurrentArrayQueue<>(Math.max(2, slabCount));
        for (int i = 0; i < slabCount; i++) {
            slabs[i] = new Slab(this, i, region.asSlice((long) i * slabLength, slabLength));
            put(slabs[i]);
        }
    }

    /**
     * Allocates and touches a pool.
     *
     * @param slabCount number of slabs, at least 1.
     * @param slabLength bytes of each, a positive multiple of {@link #PAGE_LENGTH}.
     * @throws IllegalArgumentException if a bound is broken.
     */
    public static SlabPool allocate(int slabCount, int slabLength) {
        if (slabCount < 1 || slabLength < PAGE_LENGTH || slabLength % PAGE_LENGTH != 0) {
            throw new IllegalArgumentException("slab pool: slabCount=" + slabCount + " (at least 1), slabLength="
                    + slabLength + " (a multiple of " + PAGE_LENGTH + ")");
        }
        Arena arena = Arena.ofShared();
        MemorySegment region = arena.allocate((long) slabCount * slabLength, REGION_ALIGNMENT);
        // Arena.allocate zeroes the memory, which touches each page.
        return new SlabPool(arena, region, slabCount, slabLength);
    }

    /**
     * Takes a free slab, whose content is undefined.
     *
     * @return the slab, now owned by the caller, or null when all are in use: back-pressure, try again later.
     */
    public Slab tryAcquire() {
        Slab slab = free.poll();
        if (slab != null) {
            slab.markOwned();
        }
        return slab;
    }

    /** Bytes of each slab. */
    public int slabLength() {
        return slabLength;
    }

    /** Number of slabs, in use or not. */
    public int slabCount() {
        return slabs.length;
    }

    /** Slabs that are free now: a reading, stale at once. */
    public int available() {
        return free.size();
    }

    /** The slab at a place, whoever owns it: for devices that keep slabs by index. */
    public Slab slab(int index) {
        return slabs[index];
    }

    /** The whole region, for registration with a device. */
    public MemorySegment region() {
        return region;
    }

    /**
     * The queue has a place for each slab, and {@link Slab#release} lets none in twice; but offer also fails while a thread
     * that took from the place's earlier round has been preempted halfway (seen under load), so it is tried again.
     */
    void put(Slab slab) {
        while (!free.offer(slab)) {
            LockSupport.parkNanos(1_000);
        }
    }

    /** Frees the memory. No slab may be in use, by a device or the kernel least of all. */
    @Override
    public void close() {
        arena.close();
    }
}

package org.apollofs.io.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.Memory;

/**
 * A fixed number of {@link Slab}s in one contiguous, page-aligned region that was touched at creation: the first touch
 * of a page costs ten times the copy into it. Pools of 2 MiB and more ask the kernel for huge pages: a 1 MiB transfer is then
 * one piece for the disk, and not 256, which is more than many a disk takes at once.
 *
 * <p>The free slabs are a stack, so that the one released last, whose bytes are still in the processor's caches, is taken next:
 * a pool is larger than a cache, and a queue would go through all of it.
 *
 * <p>Any thread may acquire and release. Nothing allocates after {@link #allocate}. The creator closes the pool once
 * every slab is back; closing frees the memory at once.
 */
public final class SlabPool implements AutoCloseable {
    /** Alignment of every slab and granule of its length: the page size and every NVMe sector size divide it. */
    public static final int PAGE_LENGTH = 4096;

    private static final long HUGE_PAGE_LENGTH = 2L * 1024 * 1024;
    private static final int NONE = -1;
    private static final long LOW_HALF = 0xffff_ffffL;

    private final Arena arena;
    private final MemorySegment region;
    private final int slabLength;
    private final Slab[] slabs;
    /** Place of the free slab below each one in the stack, or {@link #NONE}. Read and written by the one who moves the top. */
    private final int[] below;
    /** Top of the stack: its place in the low half; the high half counts changes, so that an old top is not taken for it. */
    private final AtomicLong top = new AtomicLong(NONE & LOW_HALF);

    private final AtomicInteger freeCount = new AtomicInteger();

    private SlabPool(Arena arena, MemorySegment region, int slabCount, int slabLength) {
        this.arena = arena;
        this.region = region;
        this.slabLength = slabLength;
        this.slabs = new Slab[slabCount];
        this.below = new int[slabCount];
        for (int i = slabCount - 1; i >= 0; i--) {
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
        return new SlabPool(arena, region(arena, (long) slabCount * slabLength), slabCount, slabLength);
    }

    /** Zeroed, and so touched. In huge pages where that is possible. */
    private static MemorySegment region(Arena arena, long length) {
        if (length >= HUGE_PAGE_LENGTH) {
            long mapped = length + HUGE_PAGE_LENGTH;
            long start = Libc.mmap(
                    0, mapped, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
            if (start > 0) {
                long address = (start + HUGE_PAGE_LENGTH - 1) & -HUGE_PAGE_LENGTH;
                // A refusal leaves small pages, which are right too.
                Libc.madvise(address, length, Libc.MADV_HUGEPAGE);
                return Memory.region(address, length, arena, () -> Libc.munmap(start, mapped))
                        .fill((byte) 0);
            }
        }
        return arena.allocate(length, HUGE_PAGE_LENGTH);
    }

    /**
     * Takes a free slab, whose content is undefined.
     *
     * @return the slab, now owned by the caller, or null when all are in use: back-pressure, try again later.
     */
    public Slab tryAcquire() {
        while (true) {
            long current = top.get();
            int index = (int) current;
            if (index == NONE) {
                return null;
            }
            if (top.compareAndSet(current, successor(current, below[index]))) {
                freeCount.decrementAndGet();
                slabs[index].markOwned();
                return slabs[index];
            }
        }
    }

    private static long successor(long current, int index) {
        return ((current >>> Integer.SIZE) + 1) << Integer.SIZE | (index & LOW_HALF);
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
        return freeCount.get();
    }

    /** The slab at a place, whoever owns it: for devices that keep slabs by index. */
    public Slab slab(int index) {
        return slabs[index];
    }

    /** The whole region, for registration with a device. */
    public MemorySegment region() {
        return region;
    }

    /** {@link Slab#release} lets none in twice. */
    void put(Slab slab) {
        while (true) {
            long current = top.get();
            below[slab.index()] = (int) current;
            if (top.compareAndSet(current, successor(current, slab.index()))) {
                freeCount.incrementAndGet();
                return;
            }
        }
    }

    /** Frees the memory. No slab may be in use, by a device or the kernel least of all. */
    @Override
    public void close() {
        arena.close();
    }
}

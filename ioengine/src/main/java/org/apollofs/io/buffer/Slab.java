package org.apollofs.io.buffer;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One page-aligned piece of off-heap memory of a {@link SlabPool}: what the kernel fills, a lane sends and a device
 * writes.
 *
 * <p>A slab has one owner at a time. The owner may hand it to another thread through a ring or queue (which publishes
 * its content), and the last owner calls {@link #release()}. Using a slab after its release is a bug that no check
 * catches on the hot path; releasing it twice is caught.
 */
public final class Slab {
    private final SlabPool pool;
    private final int index;
    private final MemorySegment segment;
    private final UnsafeBuffer buffer;
    private final AtomicBoolean owned = new AtomicBoolean();

    Slab(SlabPool pool, int index, MemorySegment segment) {
        this.pool = pool;
        this.index = index;
        this.segment = segment;
        this.buffer = new UnsafeBuffer(segment.address(), (int) segment.byteSize());
    }

    /** Zero-based place in the pool. */
    public int index() {
        return index;
    }

    /** Address of the first byte: page-aligned. */
    public long address() {
        return segment.address();
    }

    /** Length in bytes: a multiple of the page size. */
    public int capacity() {
        return buffer.capacity();
    }

    /** The whole slab as a buffer. May be kept only as long as the slab is owned. */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /** The whole slab as a segment. May be kept only as long as the slab is owned. */
    public MemorySegment segment() {
        return segment;
    }

    /** Moves bytes within the slab; the ranges may overlap. */
    public void move(int from, int to, int length) {
        MemorySegment.copy(segment, from, segment, to, length);
    }

    /** First byte in which two slabs differ, or -1 if they hold the same. @param length bytes to be compared. */
    public int mismatch(Slab other, int length) {
        return (int) segment.asSlice(0, length).mismatch(other.segment.asSlice(0, length));
    }

    /** Byte offset of this slab in the pool's region, for devices that registered the region as one buffer. */
    public long regionOffset() {
        return (long) index * pool.slabLength();
    }

    /** The pool it came from and goes back to. */
    public SlabPool pool() {
        return pool;
    }

    /**
     * Gives the slab back to its pool. Any thread.
     *
     * @throws IllegalStateException if nobody owned it: a double release.
     */
    public void release() {
        if (!owned.compareAndSet(true, false)) {
            throw new IllegalStateException("slab released twice: index=" + index);
        }
        pool.put(this);
    }

    void markOwned() {
        owned.set(true);
    }
}

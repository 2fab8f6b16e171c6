package org.apollofs.dataplane.client;

import java.util.Arrays;
import org.apollofs.dataplane.layout.ExtentRuns;
import org.apollofs.dataplane.stripe.SharedSlab;
import org.apollofs.namespace.client.Extent;

/**
 * Where the bytes of one read are, in file order: made under the file's lock, carried out after it. Reused by its
 * thread.
 */
final class ReadPlan {
    /** What a piece lies in. */
    enum Source {
        /** A slab of a chunk not yet acknowledged, held by the plan. */
        MEMORY,
        /** A chunk on a target. */
        CHUNK,
        /** An array: inline bytes. */
        BYTES,
        ZEROS
    }

    private int capacity;
    private int count;
    private Source[] sources;
    private int[] lengths;
    private SharedSlab[] slabs;
    private byte[][] arrays;
    /** Byte of the slab, chunk or array at which the piece begins. */
    private int[] starts;

    private long[] sessions;
    private long[] stripes;
    private int[] indexes;
    private int[] placements;
    private int[] strides;
    private boolean usesCommitted;

    ReadPlan() {
        grow(16);
    }

    private void grow(int newCapacity) {
        capacity = newCapacity;
        sources = count == 0 ? new Source[capacity] : Arrays.copyOf(sources, capacity);
        lengths = count == 0 ? new int[capacity] : Arrays.copyOf(lengths, capacity);
        slabs = count == 0 ? new SharedSlab[capacity] : Arrays.copyOf(slabs, capacity);
        arrays = count == 0 ? new byte[capacity][] : Arrays.copyOf(arrays, capacity);
        starts = count == 0 ? new int[capacity] : Arrays.copyOf(starts, capacity);
        sessions = count == 0 ? new long[capacity] : Arrays.copyOf(sessions, capacity);
        stripes = count == 0 ? new long[capacity] : Arrays.copyOf(stripes, capacity);
        indexes = count == 0 ? new int[capacity] : Arrays.copyOf(indexes, capacity);
        placements = count == 0 ? new int[capacity] : Arrays.copyOf(placements, capacity);
        strides = count == 0 ? new int[capacity] : Arrays.copyOf(strides, capacity);
    }

    private int next(Source source, int length, int start) {
        if (count == capacity) {
            grow(2 * capacity);
        }
        sources[count] = source;
        lengths[count] = length;
        starts[count] = start;
        return count++;
    }

    void addZeros(int length) {
        next(Source.ZEROS, length, 0);
    }

    void addBytes(byte[] array, int start, int length) {
        // Not in one expression: the array would be read before next() replaces it by a longer one.
        int i = next(Source.BYTES, length, start);
        arrays[i] = array;
    }

    /** Adds bytes of a slab; the plan takes the caller's hold on it over. */
    void addMemory(SharedSlab slab, int start, int length) {
        int i = next(Source.MEMORY, length, start);
        slabs[i] = slab;
    }

    void addChunk(long session, long stripe, int index, int placement, int stride, int chunkOffset, int length) {
        int i = next(Source.CHUNK, length, chunkOffset);
        sessions[i] = session;
        stripes[i] = stripe;
        indexes[i] = index;
        placements[i] = placement;
        strides[i] = stride;
    }

    /** Adds a part of a committed extent, chunk by chunk. @param k data chunks of its placement. */
    void addExtent(Extent extent, long fileOffset, int length, int k) {
        usesCommitted = true;
        long position = ExtentRuns.position(extent, fileOffset);
        int left = length;
        while (left > 0) {
            int piece = Math.min(left, ExtentRuns.lengthInChunk(extent, position));
            addChunk(
                    extent.session(),
                    ExtentRuns.stripeAt(extent, position, k),
                    ExtentRuns.indexAt(extent, position, k),
                    extent.placement(),
                    extent.chunkStride(),
                    ExtentRuns.chunkOffsetAt(extent, position),
                    piece);
            position += piece;
            left -= piece;
        }
    }

    int count() {
        return count;
    }

    Source source(int i) {
        return sources[i];
    }

    int length(int i) {
        return lengths[i];
    }

    int start(int i) {
        return starts[i];
    }

    SharedSlab slab(int i) {
        return slabs[i];
    }

    byte[] array(int i) {
        return arrays[i];
    }

    long session(int i) {
        return sessions[i];
    }

    long stripe(int i) {
        return stripes[i];
    }

    int index(int i) {
        return indexes[i];
    }

    int placement(int i) {
        return placements[i];
    }

    int stride(int i) {
        return strides[i];
    }

    /** Whether a piece comes from what was committed: then it may have been replaced and deleted meanwhile. */
    boolean usesCommitted() {
        return usesCommitted;
    }

    /** Lets go of what it holds. */
    void clear() {
        for (int i = 0; i < count; i++) {
            if (slabs[i] != null) {
                slabs[i].release();
                slabs[i] = null;
            }
            arrays[i] = null;
        }
        count = 0;
        usesCommitted = false;
    }
}

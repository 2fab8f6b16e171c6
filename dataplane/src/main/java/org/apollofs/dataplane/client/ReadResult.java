package org.apollofs.dataplane.client;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.stripe.SharedSlab;
import org.apollofs.io.buffer.Slab;

/**
 * Where a read's bytes are: a list of pieces of memory in file order, reused from read to read. One thread at a time.
 */
public final class ReadResult {
    private final int maxSegments;
    private final long[] addresses;
    private final int[] lengths;
    private final SharedSlab[] slabs;
    private final UnsafeBuffer piece = new UnsafeBuffer(0, 0);
    private int segmentCount;
    private int slabCount;
    private int length;

    /** @param maxSegments most pieces a read may have; more are refused. */
    public ReadResult(int maxSegments) {
        this.maxSegments = maxSegments;
        addresses = new long[maxSegments];
        lengths = new int[maxSegments];
        slabs = new SharedSlab[maxSegments];
    }

    /** Whether another piece fits. */
    public boolean hasRoom() {
        return segmentCount < maxSegments && slabCount < maxSegments;
    }

    /** Adds a piece. */
    public void add(long address, int pieceLength) {
        addresses[segmentCount] = address;
        lengths[segmentCount++] = pieceLength;
        length += pieceLength;
    }

    /** Hands a slab over, to be released with the result. */
    public void own(Slab slab) {
        own(new SharedSlab(slab));
    }

    /** Hands a hold on a slab over, to be let go with the result. */
    public void own(SharedSlab slab) {
        slabs[slabCount++] = slab;
    }

    /** Pieces. */
    public int segmentCount() {
        return segmentCount;
    }

    /** Address of a piece. */
    public long address(int segment) {
        return addresses[segment];
    }

    /** Bytes of a piece. */
    public int length(int segment) {
        return lengths[segment];
    }

    /** Bytes in all. */
    public int length() {
        return length;
    }

    /** Copies all pieces. @return bytes copied. */
    public int copyTo(UnsafeBuffer destination, int offset) {
        int position = offset;
        for (int i = 0; i < segmentCount; i++) {
            piece.wrap(addresses[i], lengths[i]);
            destination.putBytes(position, piece, 0, lengths[i]);
            position += lengths[i];
        }
        return position - offset;
    }

    /** Gives the slabs back and empties the result. */
    public void release() {
        for (int i = 0; i < slabCount; i++) {
            slabs[i].release();
            slabs[i] = null;
        }
        segmentCount = 0;
        slabCount = 0;
        length = 0;
    }
}

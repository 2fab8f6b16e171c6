package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;

/** A preallocated place for one read on its way. */
final class ReadSlot {
    final int slotIndex;
    final UnsafeBuffer checksums;
    final UnsafeBuffer stripeLengths = new UnsafeBuffer(new byte[ChunkIndex.MAX_STRIPE_LENGTHS * Integer.BYTES]);
    final UnsafeBuffer checksumView = new UnsafeBuffer(0, 0);
    final UnsafeBuffer stripeLengthView = new UnsafeBuffer(0, 0);

    long owner;
    long correlationId;
    Slab destination;
    int blockOffset;
    int length;
    int chunkLength;
    long dataOffset;
    /** Numbers reads in the order in which they looked at the index; 0 while the slot is free. */
    long number;

    long offeredNs;

    ReadSlot(int slotIndex, int chunkLength) {
        this.slotIndex = slotIndex;
        checksums = new UnsafeBuffer(new byte[ChunkEntry.checksumCount(chunkLength) * Integer.BYTES]);
    }

    /** Keeps what will be answered: the index may change before the device is done. */
    void keep(ChunkEntry entry, int start, int end) {
        blockOffset = start;
        length = end - start;
        chunkLength = entry.length;
        dataOffset = entry.offset + start;
        int first = start >>> SizeClass.UNIT_SHIFT;
        int bytes = ChunkEntry.checksumCount(length) * Integer.BYTES;
        checksums.putBytes(0, entry.checksums, first * Integer.BYTES, bytes);
        checksumView.wrap(checksums, 0, bytes);
        int stripeBytes = entry.stripeLengths.capacity();
        stripeLengths.putBytes(0, entry.stripeLengths, 0, stripeBytes);
        stripeLengthView.wrap(stripeLengths, 0, stripeBytes);
    }
}

package org.apollofs.io.chunk;

import org.agrona.collections.LongArrayQueue;

/**
 * Space of chunks that were durably deleted or replaced, while reads that found them may still be at the device: it is handed
 * out again when those reads are over, so that no read returns bytes of another chunk.
 */
final class PendingFrees {
    private static final long NO_VALUE = Long.MIN_VALUE;

    private final SpaceAllocator space;
    private final LongArrayQueue places = new LongArrayQueue(NO_VALUE);
    private final LongArrayQueue readNumbers = new LongArrayQueue(NO_VALUE);

    PendingFrees(SpaceAllocator space) {
        this.space = space;
    }

    /**
     * Frees a block as soon as reads begun so far are over.
     *
     * @param lastRead number of the last read that was begun.
     * @param oldestRead number of the oldest read that is not over.
     */
    void free(ChunkEntry chunk, long lastRead, long oldestRead) {
        if (oldestRead > lastRead) {
            space.free(chunk.offset, chunk.order);
        } else {
            // Offsets are multiples of 64 KiB, so the order fits below.
            places.addLong(chunk.offset | chunk.order);
            readNumbers.addLong(lastRead);
        }
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    /** Frees what no read can see any more. */
    void release(long oldestRead) {
        while (!readNumbers.isEmpty() && readNumbers.peekLong() < oldestRead) {
            readNumbers.pollLong();
            long place = places.pollLong();
            space.free(place & -SizeClass.UNIT_LENGTH, (int) (place & (SizeClass.UNIT_LENGTH - 1)));
        }
    }
}

package org.apollofs.io.chunk;

/**
 * Hands out the space of a target's data region by the buddy method: a block of a size class is half of a block of the
 * next one, and two free halves become one again. A chunk never wastes as much as it uses, and free space of a size can
 * always be used for smaller sizes.
 *
 * <p>Deterministic. A block of the largest size is the next free one behind the last that was handed out, so that chunks that
 * are written one after another lie one after another, also when old ones are replaced: disks and their schedulers merge such
 * writes. That costs no fragmentation, since such blocks cannot merge into larger ones. Of smaller sizes it is the lowest block
 * of the best fitting size. Offsets are bytes from the start of the data region. The
 * state is one bit per possible block outside the heap: 61 MB for 15 TB, whatever is stored. It is not persistent: it is
 * made again from the index at recovery. One owner, who closes it.
 */
final class SpaceAllocator implements AutoCloseable {
    /** What {@link #allocate} says when no block is large enough. */
    static final long NO_SPACE = -1;

    private final long dataLength;
    private final int maxOrder;
    private final FreeBitmap[] free;
    private long freeBytes;
    /** Of these, in blocks of the largest size. */
    private long largestFreeBytes;
    /** Behind the block of the largest size that was handed out last. */
    private long cursor;

    /**
     * @param dataLength bytes to hand out, a positive multiple of the largest block.
     * @param maxOrder order of the largest block.
     */
    SpaceAllocator(long dataLength, int maxOrder) {
        int topLength = SizeClass.lengthOf(maxOrder);
        if (dataLength <= 0 || dataLength % topLength != 0) {
            throw new IllegalArgumentException(
                    "space: dataLength=" + dataLength + " (a positive multiple of " + topLength + ")");
        }
        this.dataLength = dataLength;
        this.maxOrder = maxOrder;
        this.free = new FreeBitmap[maxOrder + 1];
        for (int order = 0; order <= maxOrder; order++) {
            free[order] = new FreeBitmap(dataLength / SizeClass.lengthOf(order));
        }
        for (long i = 0; i < dataLength / topLength; i++) {
            free[maxOrder].add(i);
        }
        freeBytes = dataLength;
        largestFreeBytes = dataLength;
    }

    /** Takes a block. @return its offset in bytes, or {@link #NO_SPACE}. */
    long allocate(int order) {
        for (int o = order; o <= maxOrder; o++) {
            long block = o == maxOrder ? nextLargest() : free[o].first();
            if (block >= 0) {
                take(o, block);
                while (o > order) {
                    o--;
                    block <<= 1;
                    free[o].add(block + 1);
                }
                freeBytes -= SizeClass.lengthOf(order);
                return block << (SizeClass.UNIT_SHIFT + order);
            }
        }
        return NO_SPACE;
    }

    private long nextLargest() {
        long block = free[maxOrder].firstFrom(cursor);
        if (block < 0) {
            block = free[maxOrder].first();
        }
        cursor = block + 1;
        return block;
    }

    /**
     * Takes a certain block, as recovery does.
     *
     * @return false if it is not wholly free, or no block at all: two chunks claim the same space.
     */
    boolean reserve(long offset, int order) {
        if (order < 0
                || order > maxOrder
                || offset < 0
                || offset % SizeClass.lengthOf(order) != 0
                || offset + SizeClass.lengthOf(order) > dataLength) {
            return false;
        }
        long unit = offset >>> SizeClass.UNIT_SHIFT;
        for (int o = order; o <= maxOrder; o++) {
            if (free[o].contains(unit >>> o)) {
                take(o, unit >>> o);
                while (o > order) {
                    o--;
                    free[o].add((unit >>> o) ^ 1);
                }
                freeBytes -= SizeClass.lengthOf(order);
                return true;
            }
        }
        return false;
    }

    /**
     * Gives a block back.
     *
     * @throws IllegalStateException if it was free: a bug.
     */
    void free(long offset, int order) {
        long unit = offset >>> SizeClass.UNIT_SHIFT;
        for (int o = order; o <= maxOrder; o++) {
            if (free[o].contains(unit >>> o)) {
                throw new IllegalStateException("space freed twice: offset=" + offset + ", order=" + order);
            }
        }
        int o = order;
        while (o < maxOrder && free[o].contains((unit >>> o) ^ 1)) {
            free[o].remove((unit >>> o) ^ 1);
            o++;
        }
        free[o].add(unit >>> o);
        if (o == maxOrder) {
            largestFreeBytes += SizeClass.lengthOf(maxOrder);
        }
        freeBytes += SizeClass.lengthOf(order);
    }

    private void take(int order, long block) {
        free[order].remove(block);
        if (order == maxOrder) {
            largestFreeBytes -= SizeClass.lengthOf(maxOrder);
        }
    }

    /** Bytes not handed out. */
    long freeBytes() {
        return freeBytes;
    }

    /** Bytes handed out, in whole blocks. */
    long usedBytes() {
        return dataLength - freeBytes;
    }

    /** Bytes of the largest block that could be had now, 0 when full: what fragmentation left. */
    int largestFreeLength() {
        for (int order = maxOrder; order >= 0; order--) {
            if (free[order].first() >= 0) {
                return SizeClass.lengthOf(order);
            }
        }
        return 0;
    }

    /**
     * Free bytes in blocks smaller than the largest: what fragmentation took from chunks of full length. Each such block lies
     * beside one in use, so there is never more than {@code largest / 64 KiB - 1} times what is in use.
     */
    long fragmentedBytes() {
        return freeBytes - largestFreeBytes;
    }

    /** Bytes outside the heap. */
    long memoryBytes() {
        long bytes = 0;
        for (FreeBitmap bitmap : free) {
            bytes += bitmap.memoryBytes();
        }
        return bytes;
    }

    @Override
    public void close() {
        for (FreeBitmap bitmap : free) {
            bitmap.close();
        }
    }
}

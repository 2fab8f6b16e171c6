package org.apollofs.dataplane.layout;

import org.apollofs.namespace.client.Extent;

/**
 * The arithmetic of {@link Extent}: which chunk holds a byte, cutting, joining. Static, pure.
 *
 * <p>{@code k} is always the number of data chunks of the extent's placement.
 */
public final class ExtentRuns {
    private ExtentRuns() {}

    /** Position of a byte in the run: counted from the first byte of the run's first chunk. */
    public static long position(Extent extent, long fileOffset) {
        return extent.chunkOffset() + fileOffset - extent.fileOffset();
    }

    /** Stripe that holds a position of the run. */
    public static long stripeAt(Extent extent, long position, int k) {
        return extent.stripe() + (extent.index() + position / extent.chunkStride()) / k;
    }

    /** Index of the data chunk that holds a position of the run. */
    public static int indexAt(Extent extent, long position, int k) {
        return (int) ((extent.index() + position / extent.chunkStride()) % k);
    }

    /** Byte in the chunk of a position of the run. */
    public static int chunkOffsetAt(Extent extent, long position) {
        return (int) (position % extent.chunkStride());
    }

    /** Bytes of the extent from a position on that lie in the same chunk. */
    public static int lengthInChunk(Extent extent, long position) {
        long end = extent.chunkOffset() + extent.length();
        return (int) Math.min(extent.chunkStride() - position % extent.chunkStride(), end - position);
    }

    /** Stripes that the extent touches, from {@link Extent#stripe()} on. */
    public static long stripeCount(Extent extent, int k) {
        long last = extent.chunkOffset() + extent.length() - 1;
        return stripeAt(extent, last, k) - extent.stripe() + 1;
    }

    /** The part of an extent from {@code start} to {@code end} in the file, both within it, not empty. */
    public static Extent slice(Extent extent, long start, long end, int k) {
        if (start < extent.fileOffset() || end > extent.end() || start >= end) {
            throw new IllegalArgumentException("slice of an extent: start=" + start + ", end=" + end + ", " + extent);
        }
        long position = position(extent, start);
        return new Extent(
                start,
                end - start,
                extent.session(),
                stripeAt(extent, position, k),
                indexAt(extent, position, k),
                chunkOffsetAt(extent, position),
                extent.chunkStride(),
                extent.placement());
    }

    /**
     * One extent for two that follow each other in the file and in their chunks, or null if they do not.
     *
     * <p>They must have the same stride: a chunk knows only by its writer how long it is.
     */
    public static Extent join(Extent first, Extent second, int k) {
        long end = first.chunkOffset() + first.length();
        boolean joins = first.end() == second.fileOffset()
                && first.session() == second.session()
                && first.placement() == second.placement()
                && first.chunkStride() == second.chunkStride()
                && stripeAt(first, end, k) == second.stripe()
                && indexAt(first, end, k) == second.index()
                && chunkOffsetAt(first, end) == second.chunkOffset();
        if (!joins) {
            return null;
        }
        return new Extent(
                first.fileOffset(),
                first.length() + second.length(),
                first.session(),
                first.stripe(),
                first.index(),
                first.chunkOffset(),
                first.chunkStride(),
                first.placement());
    }
}

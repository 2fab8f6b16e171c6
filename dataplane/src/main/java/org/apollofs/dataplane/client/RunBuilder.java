package org.apollofs.dataplane.client;

import org.apollofs.dataplane.stripe.Chunk;
import org.apollofs.dataplane.stripe.Stripe;
import org.apollofs.namespace.client.Extent;

/**
 * Joins ranges of chunks to one {@link Extent}, as long as file and chunks go on and every chunk but the last is as long
 * as the first. One thread.
 */
final class RunBuilder {
    private final long session;
    private final int k;
    private boolean begun;
    private long fileOffset;
    private long length;
    private int chunkOffset;
    /** Payload of the run's first chunk, which all but the last must have. */
    private int stride;

    private Chunk first;
    private Chunk last;
    /** Bytes of the last chunk up to the run's end. */
    private int lastEnd;

    RunBuilder(long session, int k) {
        this.session = session;
        this.k = k;
    }

    /** Starts a run with a range. */
    void begin(long rangeOffset, int rangeLength, Chunk chunk, int rangeChunkOffset) {
        begun = true;
        fileOffset = rangeOffset;
        length = rangeLength;
        chunkOffset = rangeChunkOffset;
        stride = chunk.length();
        first = chunk;
        last = chunk;
        lastEnd = rangeChunkOffset + rangeLength;
    }

    /** Adds a range, or begins with it if there is none yet. @return false if it does not go on where the run ends. */
    boolean append(long rangeOffset, int rangeLength, Chunk chunk, int rangeChunkOffset) {
        if (!begun) {
            begin(rangeOffset, rangeLength, chunk, rangeChunkOffset);
            return true;
        }
        if (fileOffset + length != rangeOffset) {
            return false;
        }
        if (chunk == last && rangeChunkOffset == lastEnd) {
            length += rangeLength;
            lastEnd += rangeLength;
            return true;
        }
        boolean next = lastEnd == stride
                && last.length() == stride
                && rangeChunkOffset == 0
                && rangeLength <= stride
                && follows(last, chunk);
        if (next) {
            length += rangeLength;
            last = chunk;
            lastEnd = rangeLength;
        }
        return next;
    }

    private boolean follows(Chunk chunk, Chunk next) {
        Stripe stripe = chunk.stripe();
        Stripe nextStripe = next.stripe();
        if (stripe.placement() != nextStripe.placement()) {
            return false;
        }
        return stripe == nextStripe
                ? next.index() == chunk.index() + 1
                : chunk.index() == k - 1 && next.index() == 0 && nextStripe.number() == stripe.number() + 1;
    }

    /** The run so far. */
    Extent finish() {
        Stripe stripe = first.stripe();
        return new Extent(
                fileOffset, length, session, stripe.number(), first.index(), chunkOffset, stride, stripe.placement());
    }
}

package org.apollofs.dataplane.stripe;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The numbers of a host's stripes: from 0, each given once in a session. Any thread.
 *
 * <p>Each file takes them in blocks, so that its stripes are consecutive (and its extents few) although many files are
 * written at once. Blocks grow from 1 to {@link #MAX_BLOCK}, so small files do not leave gaps behind; a number that is
 * not used costs nothing.
 */
final class StripeNumbers {
    private static final int MAX_BLOCK = 256;

    private final AtomicLong next = new AtomicLong();

    /** One number, for a stripe that is written again. */
    long one() {
        return next.getAndIncrement();
    }

    /** The numbers of one file. Not thread-safe. */
    final class Block {
        private long at;
        private long end;
        private int length;

        long take() {
            if (at == end) {
                length = Math.min(MAX_BLOCK, Math.max(1, 2 * length));
                at = next.getAndAdd(length);
                end = at + length;
            }
            return at++;
        }
    }
}

package org.apollofs.dataplane.stripe;

import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.io.buffer.Slab;

/**
 * A slab with several holders: a stripe in flight or a cache, and the reads that hand its bytes to the kernel. The last
 * one to let go gives it back to its pool. Any thread.
 */
public final class SharedSlab {
    private final Slab slab;
    private final AtomicInteger holders = new AtomicInteger(1);

    /** Takes a slab over; the caller is its first holder. */
    public SharedSlab(Slab slab) {
        this.slab = slab;
    }

    /** The slab. To be used only while held. */
    public Slab slab() {
        return slab;
    }

    /** Adds a holder. @return false if the last one has let go already: the bytes are gone. */
    public boolean tryRetain() {
        int count = holders.get();
        while (count > 0) {
            if (holders.compareAndSet(count, count + 1)) {
                return true;
            }
            count = holders.get();
        }
        return false;
    }

    /** Lets go. @throws IllegalStateException if nobody held it. */
    public void release() {
        int left = holders.decrementAndGet();
        if (left == 0) {
            slab.release();
        } else if (left < 0) {
            throw new IllegalStateException("shared slab released too often: index=" + slab.index());
        }
    }

    /** Whether the caller is the only holder: a reading, stale at once unless nobody else can find the slab. */
    public boolean isHeldOnce() {
        return holders.get() == 1;
    }
}

package org.apollofs.dataplane.stripe;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;

/**
 * Chunks that a reader found missing or bad and had computed from others: repair looks at them, and writes back what is to
 * be. Bounded, and never waits: what there is no room for is counted, and found again by the next reader or by a scrub. Any
 * thread.
 */
public final class SuspectChunks {
    private static final int CAPACITY = 4096;

    /** A chunk that is not as it should be. */
    public record Suspect(long session, long stripe, int index, int placement) {}

    private final ManyToManyConcurrentArrayQueue<Suspect> queue = new ManyToManyConcurrentArrayQueue<>(CAPACITY);
    private final AtomicLong reported = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();

    /** Adds a chunk, if there is room. */
    public void report(long session, long stripe, int index, int placement) {
        reported.incrementAndGet();
        if (!queue.offer(new Suspect(session, stripe, index, placement))) {
            dropped.incrementAndGet();
        }
    }

    /** @return the oldest one, or null. */
    public Suspect poll() {
        return queue.poll();
    }

    /** Reports so far: of one chunk there may be many. */
    public long reported() {
        return reported.get();
    }

    /** Reports that found no room. */
    public long dropped() {
        return dropped.get();
    }
}

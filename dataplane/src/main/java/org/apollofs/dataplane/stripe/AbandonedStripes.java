package org.apollofs.dataplane.stripe;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Stripes of this session that hold nothing any more and that the namespace has never heard of: written again elsewhere,
 * given up, or overwritten before they were committed. The garbage collector takes them; what it does not get to before
 * the process ends, the orphan sweep of the next start finds. Any thread.
 */
public final class AbandonedStripes {
    /** A stripe to be deleted. */
    public record Abandoned(long stripe, int placement) {}

    private final Queue<Abandoned> queue = new ConcurrentLinkedQueue<>();

    /** Adds a stripe, none of whose requests is unanswered. */
    public void add(long stripe, int placement) {
        queue.add(new Abandoned(stripe, placement));
    }

    /** @return the oldest one, or null. */
    public Abandoned poll() {
        return queue.poll();
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return queue.isEmpty();
    }
}

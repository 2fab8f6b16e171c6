package org.apollofs.transport.aeron.seal;

import java.util.Arrays;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Whom a socket takes datagrams from: senders that have proved that they live, and what each has sent already, so that no
 * datagram counts twice. Bounded: the one that was silent for longest gives way, and proves itself anew. One thread.
 */
final class Senders {
    /** More than clients that a member has at a time. */
    static final int CAPACITY = 8192;

    private final int capacity;
    private final Long2ObjectHashMap<Window> windows = new Long2ObjectHashMap<>();
    private long ticks;

    Senders(int capacity) {
        this.capacity = capacity;
    }

    /** What has come of a sender: the highest sequence, and which of those below it. */
    private static final class Window {
        private static final int BITS = 1024;

        private final long[] seen = new long[BITS / Long.SIZE];
        private long highest;
        private long tick;

        Window(long first) {
            highest = first;
            mark(first);
        }

        private void mark(long sequence) {
            seen[index(sequence)] |= 1L << sequence;
        }

        private static int index(long sequence) {
            return (int) (sequence & (BITS - 1)) / Long.SIZE;
        }

        boolean accept(long sequence) {
            if (sequence > highest) {
                advance(sequence);
            } else if (sequence <= highest - BITS || (seen[index(sequence)] & 1L << sequence) != 0) {
                return false;
            }
            mark(sequence);
            return true;
        }

        private void advance(long to) {
            if (to - highest >= BITS) {
                Arrays.fill(seen, 0);
            } else {
                for (long skipped = highest + 1; skipped <= to; skipped++) {
                    seen[index(skipped)] &= ~(1L << skipped);
                }
            }
            highest = to;
        }
    }

    boolean isKnown(long id) {
        return windows.containsKey(id);
    }

    /** Takes a datagram of a known sender. @return false if it came before, or is too old to tell. */
    boolean accept(long id, long sequence) {
        Window window = windows.get(id);
        window.tick = ++ticks;
        return window.accept(sequence);
    }

    /**
     * A sender has proved that it lives: what comes with a later sequence is taken from now on.
     *
     * @return whether another had to give way.
     */
    boolean add(long id, long sequence) {
        boolean isFull = windows.size() >= capacity;
        if (isFull) {
            windows.remove(oldest());
        }
        Window window = new Window(sequence);
        window.tick = ++ticks;
        windows.put(id, window);
        return isFull;
    }

    private long oldest() {
        long oldest = 0;
        long least = Long.MAX_VALUE;
        Long2ObjectHashMap<Window>.EntryIterator entries = windows.entrySet().iterator();
        while (entries.hasNext()) {
            entries.next();
            if (entries.getValue().tick < least) {
                least = entries.getValue().tick;
                oldest = entries.getLongKey();
            }
        }
        return oldest;
    }
}

package org.apollofs.namespace.client;

import java.util.concurrent.locks.LockSupport;

/**
 * Reads the change log from a sequence on, and then what is added, page by page. Holds nothing on the other side: it may
 * be dropped at any time, and begun anew at {@link #next()}. One thread at a time.
 */
public final class ChangeFollower {
    /** Entries of a page at most: a page is bounded in bytes before that. */
    private static final int PAGE_LIMIT = 64 * 1024;

    private static final long MIN_PARK_NS = 2_000_000;
    /** The first wait after a page of many entries: others come as fast, and a page costs about the same whatever it brings. */
    private static final long BUSY_PARK_NS = 8_000_000;

    private static final int BUSY_COUNT = 1_000;
    /** The same after one of so many that they come by the hundred thousand a second: one wait costs what some hundreds do. */
    private static final long BUSIER_PARK_NS = 16_000_000;

    private static final int BUSIER_COUNT = 4_000;
    private static final long MAX_PARK_NS = 20_000_000;

    private final ChangeLog log;
    private final String prefix;
    private long next;
    private long last;
    private boolean hasRead;
    private long firstParkNs = MIN_PARK_NS;

    ChangeFollower(ChangeLog log, long from, String prefix) {
        this.log = log;
        this.prefix = prefix;
        next = from;
    }

    /** Sequence that the next entry will have, or one before it: everything below has been handed out. */
    public long next() {
        return next;
    }

    /** How many entries were behind {@link #next()} when the log was read last. */
    public long lag() {
        return Math.max(0, last + 1 - next);
    }

    /**
     * Hands out the next page, if there is one.
     *
     * @return entries that were looked at, those of other prefixes included; 0 if there is nothing new.
     * @throws NamespaceException EXPIRED if the follower is so far behind that entries are gone.
     */
    public long poll(ChangeView.Handler handler) {
        return take(false, handler);
    }

    private long take(boolean mayBeStale, ChangeView.Handler handler) {
        ChangeLog.Reached reached = log.visit(next, prefix, PAGE_LIMIT, mayBeStale, handler);
        long count = reached.next() - next;
        next = reached.next();
        last = reached.last();
        hasRead = true;
        firstParkNs = count < BUSY_COUNT ? MIN_PARK_NS : count < BUSIER_COUNT ? BUSY_PARK_NS : BUSIER_PARK_NS;
        return count;
    }

    /**
     * As {@link #poll}, but waits for something new. Where the last page reached the end it waits 2 ms before it asks, 8 ms if
     * that page was of a thousand entries or more, 16 ms if it was of four thousand, so that a follower beside many writers reads
     * pages, not entries; and then, the longer nothing comes, up to 20 ms. While it waits it takes what a member has at hand, which may
     * miss what was committed last; it returns 0 only after asking in earnest.
     *
     * @param timeoutNs longest wait, about; 0: asks once.
     * @return as {@link #poll}; 0 also if the thread is interrupted.
     */
    public long poll(ChangeView.Handler handler, long timeoutNs) {
        if (timeoutNs <= 0) {
            return poll(handler);
        }
        if (next <= last || !hasRead) {
            long count = hasRead ? take(true, handler) : poll(handler);
            if (count > 0) {
                return count;
            }
        }
        long parkNs = firstParkNs;
        long leftNs = timeoutNs;
        while (leftNs > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, Math.min(parkNs, leftNs));
            leftNs -= parkNs;
            parkNs = Math.min(2 * parkNs, MAX_PARK_NS);
            long count = take(true, handler);
            if (count > 0) {
                return count;
            }
        }
        return Thread.currentThread().isInterrupted() ? 0 : poll(handler);
    }
}

package org.apollofs.dataplane.client;

/**
 * Watches the reads of one handle and says how far to read ahead. Reads that go on where others ended count as
 * sequential, also when several workers bring them a little out of order. Thread-safe.
 */
final class Readahead {
    private final int window;
    private long expected;
    private int streak;
    private long issuedUntil;

    /** @param window bytes to be ahead of a sequential reader. */
    Readahead(int window) {
        this.window = window;
    }

    /**
     * Notes a read.
     *
     * @return end of the range to read ahead, which begins at {@link #issuedUntil()}, or -1 for none.
     */
    synchronized long onRead(long offset, int length) {
        long end = offset + length;
        // The kernel has some reads of a stream in flight, and they arrive in any order.
        boolean near = offset <= expected + window / 2 && offset >= expected - window / 2 && expected > 0;
        boolean starts = offset == 0 && expected == 0;
        if (!near && !starts) {
            streak = 0;
            expected = end;
            issuedUntil = end;
            return -1;
        }
        streak++;
        expected = Math.max(expected, end);
        issuedUntil = Math.max(issuedUntil, end);
        // A file's first small read says little; a long one, or a second one, says enough.
        boolean sequential = streak > 2 || (streak > 1 && length >= 64 * 1024);
        if (!sequential || issuedUntil >= expected + window) {
            return -1;
        }
        return expected + window;
    }

    synchronized long issuedUntil() {
        return issuedUntil;
    }

    synchronized void onIssued(long until) {
        issuedUntil = Math.max(issuedUntil, until);
    }

    /** Whether the last reads were sequential: whole chunks are worth having. */
    synchronized boolean isSequential() {
        return streak > 1;
    }
}

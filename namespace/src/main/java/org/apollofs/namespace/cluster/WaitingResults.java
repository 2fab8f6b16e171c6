package org.apollofs.namespace.cluster;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;

/**
 * Results that wait for room in one client's stream, as frames, and are sent several to a message. Bounded: a client that does
 * not read loses what waits, and asks again. One thread.
 */
final class WaitingResults {
    /** Bytes of results from which on a message is sent. */
    static final int FULL_LENGTH = 32 * 1024;

    private static final int MAX_WAITING = 64 << 20;

    /** A buffer that has grown beyond this is not kept. */
    private static final int KEPT_LENGTH = 1 << 20;

    private static final int INITIAL_LENGTH = 4 * 1024;

    private ExpandableDirectByteBuffer frames = new ExpandableDirectByteBuffer(INITIAL_LENGTH);
    private int from;
    private int to;

    boolean isEmpty() {
        return to == 0;
    }

    /** Adds a result, which is copied. @return false if there were too many: then those that waited are gone. */
    boolean add(DirectBuffer buffer, int offset, int length) {
        boolean hasRoom = to - from <= MAX_WAITING;
        if (!hasRoom) {
            clear();
        }
        to = Frames.putResult(frames, to, buffer, offset, length);
        return hasRoom;
    }

    DirectBuffer buffer() {
        return frames;
    }

    /** Where the next message begins. */
    int offset() {
        return from;
    }

    /** Bytes of the next message. */
    int length() {
        return Frames.cut(frames, from, to, FULL_LENGTH) - from;
    }

    /** The next message has been sent. */
    void sent(int length) {
        from += length;
        if (from == to) {
            clear();
        }
    }

    void clear() {
        from = 0;
        to = 0;
        if (frames.capacity() > KEPT_LENGTH) {
            frames = new ExpandableDirectByteBuffer(INITIAL_LENGTH);
        }
    }
}

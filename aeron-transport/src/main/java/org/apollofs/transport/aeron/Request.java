package org.apollofs.transport.aeron;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.LaneLimits;

/**
 * A slot of the {@link RequestTable}: one request at a time from its sending to its answer.
 *
 * <p>The sender owns the fields while SENDING, then the lane's owner. The state word holds the phase and how often the
 * slot was used, so that nobody takes one use for another; it is moved by compare-and-set alone.
 */
final class Request {
    /** Nobody's: in the free queue. */
    static final int FREE = 0;
    /** A sender is at it: it may or may not be in the stream. */
    static final int SENDING = 1;
    /** In the stream, unanswered. */
    static final int PENDING = 2;
    /** A first part is in the stream, the caller is to come again for the rest. */
    static final int PARTIAL = 3;
    /** The caller has been told UNREACHABLE; the target may still answer, and still holds the credit. */
    static final int EXPIRED = 4;
    /** The lane's owner is completing it. */
    static final int ANSWERED = 5;

    /** What was asked. */
    enum Kind {
        WRITE,
        READ,
        DELETE,
        STATUS,
        LIST
    }

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Request.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int slot;

    @SuppressWarnings("UnusedVariable") // through STATE
    private volatile long state = state(1, FREE);

    Kind kind;
    long correlationId;
    LaneConnection connection;
    long deadlineNs;
    Slab destination;
    /** Payload bytes of a write in the stream so far. */
    int sentLength;
    /** Payload bytes of a read that have arrived. Lane's owner only, as are the following. */
    int receivedLength;

    int stripeLengthsLength;
    byte[] checksums;
    byte[] stripeLengths;

    Request(int slot) {
        this.slot = slot;
    }

    static long state(long generation, int phase) {
        return generation << 8 | phase;
    }

    static int phase(long state) {
        return (int) (state & 0xFF);
    }

    static long generation(long state) {
        return state >>> 8;
    }

    long state() {
        return (long) STATE.getAcquire(this);
    }

    long requestId() {
        return Wire.requestId(generation(state()), slot);
    }

    /** @return whether the state was {@code expected} and is now the same use in another phase. */
    boolean move(long expected, int phase) {
        return STATE.compareAndSet(this, expected, state(generation(expected), phase));
    }

    /** Ends this use; the caller has won the slot by a move, and puts it into the free queue. */
    void free() {
        connection = null;
        destination = null;
        STATE.setRelease(this, state(generation(state()) + 1, FREE));
    }

    /** Room for what comes with a read's payload, made at the slot's first read. */
    void prepareRead() {
        receivedLength = 0;
        stripeLengthsLength = 0;
        if (checksums == null) {
            checksums = new byte[LaneLimits.blockCount(LaneLimits.MAX_CHUNK_LENGTH) * Integer.BYTES];
            stripeLengths = new byte[LaneLimits.MAX_DATA_CHUNKS * Integer.BYTES];
        }
    }
}

package org.apollofs.namespace.cluster;

import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.command.CommandChannel;
import org.apollofs.namespace.command.CommandHead;

/**
 * Calls under way: calling threads encode and submit, one agent gives each the next id, puts them into messages, and keeps
 * each until its result has come. As many as the window has places; beyond it callers wait. A call whose deadline passes
 * fails with TIMEOUT (it may yet take effect), or UNAVAILABLE if it was never sent.
 */
final class CallWindow {
    /** Bytes of commands from which on a message is sent. */
    static final int FULL_LENGTH = 32 * 1024;

    /** Large buffers of results that are kept. */
    private static final int LARGE_RESULTS = 4;

    /** Time beyond a call's deadline after which the agent itself is given up. */
    private static final long GRACE_NS = 5_000_000_000L;

    private final ClusterClientContext ctx;
    /** Of deadlines. The agent looks at it. */
    private final AwakeClock awake;

    private final ManyToOneConcurrentArrayQueue<PendingCall> submitted;
    private final ManyToManyConcurrentArrayQueue<PendingCall> idleCalls;
    /** For results that are large: pages of the change log come one after the other. */
    private final ManyToManyConcurrentArrayQueue<ExpandableDirectByteBuffer> largeResults =
            new ManyToManyConcurrentArrayQueue<>(LARGE_RESULTS);

    private final PendingCall[] window;
    private final int mask;
    private final CRC32C checksum = new CRC32C();

    /** Ids from here on have not been sent over the present connection. */
    private long nextToSend = 1;

    private long nextId = 1;
    private long lowest = 1;
    /** Calls in the window whose callers are in a hurry. */
    private int urgent;

    private volatile boolean isClosed;
    private volatile boolean isStopped;

    CallWindow(ClusterClientContext ctx) {
        this.ctx = ctx;
        awake = new AwakeClock(ctx.nanoClock());
        int capacity = ctx.maxInFlight();
        submitted = new ManyToOneConcurrentArrayQueue<>(capacity);
        idleCalls = new ManyToManyConcurrentArrayQueue<>(capacity);
        window = new PendingCall[capacity];
        mask = capacity - 1;
        for (int i = 0; i < capacity; i++) {
            release(new PendingCall(this));
        }
    }

    // Calling threads.

    /** A call of the calling thread's. @throws NamespaceException UNAVAILABLE if there is none within the deadline. */
    CommandChannel.Call begin(long timeoutNs) {
        PendingCall call = idleCalls.poll();
        AwakeClock waited = new AwakeClock(ctx.nanoClock());
        while (call == null) {
            if (isClosed || waited.look() > timeoutNs) {
                throw new NamespaceException(
                        NamespaceError.UNAVAILABLE,
                        isClosed ? "the client is closed" : "too many commands under way: " + ctx.maxInFlight());
            }
            LockSupport.parkNanos(50_000);
            call = idleCalls.poll();
        }
        call.timeoutNs = timeoutNs;
        call.deadlineNs = awake.nanoTime() + timeoutNs;
        return call;
    }

    void submit(PendingCall call) {
        // As many places as calls, so there is one; the queue may take a moment to show it.
        while (!submitted.offer(call)) {
            Thread.onSpinWait();
        }
        ctx.wake();
    }

    void release(PendingCall call) {
        // There is a place for each; offer fails while a thread that takes is preempted halfway.
        while (!idleCalls.offer(call)) {
            LockSupport.parkNanos(1_000);
        }
    }

    /** A kept buffer for a large result, or the one given. Any thread. */
    ExpandableDirectByteBuffer takeLarge(ExpandableDirectByteBuffer own) {
        ExpandableDirectByteBuffer kept = largeResults.poll();
        return kept == null ? own : kept;
    }

    /** Keeps a large buffer if there is room for it. Any thread. */
    void keepLarge(ExpandableDirectByteBuffer buffer) {
        largeResults.offer(buffer);
    }

    /** The calling thread waits for a while, unless it is interrupted. */
    void rest(long ns) {
        long deadlineNs = ctx.nanoClock().nanoTime() + ns;
        long leftNs = ns;
        while (leftNs > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, leftNs);
            leftNs = deadlineNs - ctx.nanoClock().nanoTime();
        }
    }

    /** For a caller that waits: the agent may be stuck itself. */
    AwakeClock newClock() {
        return new AwakeClock(ctx.nanoClock());
    }

    /** Whether the agent should have ended a call long ago. @param waitedNs for how long its caller waits, awake. */
    boolean isOverdue(PendingCall call, long waitedNs) {
        return waitedNs - call.timeoutNs > GRACE_NS;
    }

    /** From now on calls are refused; those under way may still end. */
    void close() {
        isClosed = true;
    }

    boolean isClosed() {
        return isClosed;
    }

    /** Whether the agent has ended what was submitted, and will take nothing more. */
    boolean isStopped() {
        return isStopped;
    }

    // The agent.

    /** The id below which all answers have arrived. */
    long lowest() {
        return lowest;
    }

    boolean isEmpty() {
        return lowest == nextId;
    }

    /** Whether anybody waits who is in a hurry. */
    boolean isUrgent() {
        return urgent > 0;
    }

    /** Time in which this process ran, as of this duty cycle, ns. */
    long awakeNs() {
        return awake.nanoTime();
    }

    /** Takes submitted calls into the window, as far as it goes. In each duty cycle: time goes on by it. */
    int admit() {
        awake.look();
        int count = 0;
        while (nextId - lowest < window.length) {
            PendingCall call = submitted.poll();
            if (call == null) {
                break;
            }
            call.id = nextId++;
            window[(int) call.id & mask] = call;
            urgent += call.isPatient ? 0 : 1;
            count++;
        }
        return count;
    }

    /** All that is unanswered is to be sent once more: the connection is another one. */
    void resend() {
        nextToSend = lowest;
    }

    /**
     * Puts commands that have not been sent into a message.
     *
     * @param at where in the message.
     * @return where the message ends; {@code at} if there is nothing to send.
     */
    int gather(MutableDirectBuffer message, int at, long session, long now) {
        int end = at;
        while (nextToSend < nextId) {
            PendingCall call = window[(int) nextToSend & mask];
            if (call != null && call.id == nextToSend) {
                if (end > at && end - at + call.length > FULL_LENGTH) {
                    return end;
                }
                CommandHead.stamp(call.command(), 0, session, call.id, lowest);
                end = Frames.putCommand(message, end, call.command(), 0, call.length, checksum);
                call.sentNs = now;
                call.wasSent = true;
            }
            nextToSend++;
        }
        return end;
    }

    /** A result has come; one that came before is left alone. */
    void onResult(DirectBuffer buffer, int offset, int length) {
        long id = CommandHead.commandId(buffer, offset);
        PendingCall call = window[(int) id & mask];
        if (call != null && call.id == id) {
            remove(call);
            call.complete(buffer, offset, length);
        }
    }

    private void remove(PendingCall call) {
        window[(int) call.id & mask] = null;
        urgent -= call.isPatient ? 0 : 1;
        while (lowest < nextId && window[(int) lowest & mask] == null) {
            lowest++;
        }
        nextToSend = Math.max(nextToSend, lowest);
    }

    /**
     * Ends calls whose time is over.
     *
     * @param where what to say of the connection.
     * @return whether a call has waited for longer than the interval after which it is sent again.
     */
    boolean checkDeadlines(long now, String where) {
        long awakeNs = awake.nanoTime();
        boolean isLate = false;
        for (long id = lowest; id < nextId; id++) {
            PendingCall call = window[(int) id & mask];
            if (call == null) {
                continue;
            }
            if (awakeNs - call.deadlineNs > 0) {
                giveUp(call, where);
            } else if (call.wasSent && id < nextToSend && now - call.sentNs > ctx.resendIntervalNs()) {
                isLate = true;
            }
        }
        return isLate;
    }

    private void giveUp(PendingCall call, String where) {
        remove(call);
        if (call.wasSent) {
            call.fail(
                    NamespaceError.TIMEOUT,
                    "no answer in time, the command may or may not take effect: command=" + call.id + ", " + where);
        } else {
            call.fail(NamespaceError.UNAVAILABLE, "the namespace cannot be reached: " + where);
        }
    }

    /** Ends all calls: the agent stops. */
    void stop() {
        isClosed = true;
        admit();
        for (long id = lowest; id < nextId; id++) {
            PendingCall call = window[(int) id & mask];
            if (call != null) {
                window[(int) id & mask] = null;
                call.fail(call.wasSent ? NamespaceError.TIMEOUT : NamespaceError.UNAVAILABLE, "the client is closed");
            }
        }
        PendingCall call = submitted.poll();
        while (call != null) {
            call.fail(NamespaceError.UNAVAILABLE, "the client is closed");
            call = submitted.poll();
        }
        isStopped = true;
    }
}

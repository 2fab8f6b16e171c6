package org.apollofs.namespace.cluster;

import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.CommandChannel;
import org.apollofs.namespace.command.ResultDecoder;

/**
 * A command on its way, and its result. Reused. The calling thread encodes and submits; from then until {@link #complete} or
 * {@link #fail} it is the client agent's; then the caller's again, until it closes the call.
 */
final class PendingCall implements CommandChannel.Call {
    /** Buffers that have grown beyond this are not kept with the call: those of results are the window's. */
    private static final int KEPT_LENGTH = 16 * 1024;

    private static final int INITIAL_LENGTH = 512;
    private static final int SPINS = 50;
    private static final long PARK_NS = 10_000_000;
    /** What is refused for want of space stands in the log: who tries again at once would fill the disk with it. */
    private static final long NO_SPACE_NS = 50_000_000;

    private final CallWindow window;
    private final UnsafeBuffer resultView = new UnsafeBuffer(0, 0);
    private ExpandableDirectByteBuffer command = new ExpandableDirectByteBuffer(INITIAL_LENGTH);
    private ExpandableDirectByteBuffer result = new ExpandableDirectByteBuffer(INITIAL_LENGTH);

    // The agent's, while the call is under way.
    int length;
    long id;
    /** How long the caller waits at most, and until when, in the window's time awake. */
    long timeoutNs;

    long deadlineNs;
    long sentNs;
    boolean wasSent;
    /** Whether the caller can wait a little longer. */
    boolean isPatient;

    private NamespaceError error;
    private String reason;
    private int resultLength;
    private volatile boolean isDone;
    private volatile Thread waiter;
    /** Set when the agent did not even say that time is over: the agent may still use the buffers. */
    private boolean isLost;

    PendingCall(CallWindow window) {
        this.window = window;
    }

    @Override
    public MutableDirectBuffer command() {
        return command;
    }

    @Override
    public PendingCall patiently() {
        isPatient = true;
        return this;
    }

    @Override
    public void submit(int commandLength) {
        if (commandLength > NamespaceLimits.COMMAND_LENGTH) {
            throw new NamespaceException(
                    NamespaceError.TRANSACTION_TOO_LARGE,
                    "command too large: length=" + commandLength + ", limit=" + NamespaceLimits.COMMAND_LENGTH);
        }
        length = commandLength;
        wasSent = false;
        error = null;
        isDone = false;
        window.submit(this);
    }

    @Override
    public DirectBuffer await() {
        for (int i = 0; i < SPINS && !isDone; i++) {
            Thread.onSpinWait();
        }
        if (!isDone) {
            waiter = Thread.currentThread();
            AwakeClock waited = window.newClock();
            while (!isDone) {
                checkAgent(waited.look());
                LockSupport.parkNanos(this, PARK_NS);
            }
            waiter = null;
        }
        if (error != null) {
            throw new NamespaceException(error, reason);
        }
        resultView.wrap(result, 0, resultLength);
        if (ResultDecoder.isWithoutSpace(resultView)) {
            window.rest(NO_SPACE_NS);
        }
        return resultView;
    }

    private void checkAgent(long waitedNs) {
        if (window.isStopped() && !isDone) {
            // Submitted while the agent stopped: it was not sent.
            isLost = true;
            throw new NamespaceException(NamespaceError.UNAVAILABLE, "the client is closed");
        }
        if (window.isOverdue(this, waitedNs)) {
            isLost = true;
            throw new NamespaceException(NamespaceError.TIMEOUT, "the client's agent does not answer: command=" + id);
        }
    }

    @Override
    public boolean isDone() {
        return isDone;
    }

    /** The agent has the result. */
    void complete(DirectBuffer buffer, int offset, int bytes) {
        if (bytes > KEPT_LENGTH) {
            result = window.takeLarge(result);
        }
        result.putBytes(0, buffer, offset, bytes);
        resultLength = bytes;
        signal();
    }

    /** The agent gives the command up. */
    void fail(NamespaceError why, String message) {
        error = why;
        reason = message;
        signal();
    }

    private void signal() {
        isDone = true;
        Thread thread = waiter;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {
        if (isLost) {
            return;
        }
        if (command.capacity() > KEPT_LENGTH) {
            command = new ExpandableDirectByteBuffer(INITIAL_LENGTH);
        }
        if (result.capacity() > KEPT_LENGTH) {
            window.keepLarge(result);
            result = new ExpandableDirectByteBuffer(INITIAL_LENGTH);
        }
        isPatient = false;
        window.release(this);
    }
}

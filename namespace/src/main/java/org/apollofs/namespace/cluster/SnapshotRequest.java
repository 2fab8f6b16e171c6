package org.apollofs.namespace.cluster;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.NanoClock;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/** A request to the cluster to take a snapshot, from a calling thread to the client's agent and back. */
final class SnapshotRequest {
    private static final long PARK_NS = 1_000_000;

    private final AtomicReference<String> answer = new AtomicReference<>();
    private long correlationId;
    private boolean wasSent;

    /** Whether it is still to be sent. The agent. */
    boolean isToBeSent() {
        return !wasSent;
    }

    /** It has been sent. The agent. */
    void sent(long correlation) {
        correlationId = correlation;
        wasSent = true;
    }

    /** The connection is another one: it is sent again. The agent. */
    void resend() {
        wasSent = false;
    }

    /** The leader has answered. The agent. @param refusal null if it takes a snapshot. */
    void answered(long correlation, String refusal) {
        if (wasSent && correlation == correlationId) {
            answer.set(refusal == null ? "" : refusal);
        }
    }

    /** Waits for the answer. The calling thread. @throws NamespaceException UNAVAILABLE if it is refused, or does not come. */
    void await(NanoClock clock, long timeoutNs) {
        long deadline = clock.nanoTime() + timeoutNs;
        while (answer.get() == null) {
            if (clock.nanoTime() - deadline > 0) {
                throw new NamespaceException(NamespaceError.UNAVAILABLE, "no answer to the request for a snapshot");
            }
            LockSupport.parkNanos(PARK_NS);
        }
        if (!answer.get().isEmpty()) {
            throw new NamespaceException(NamespaceError.UNAVAILABLE, "no snapshot is taken: " + answer.get());
        }
    }
}

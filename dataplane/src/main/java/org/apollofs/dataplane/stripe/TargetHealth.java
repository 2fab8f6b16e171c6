package org.apollofs.dataplane.stripe;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.apollofs.transport.ErrorCode;

/**
 * What a host knows of a target's health from its answers and its lane. A failed target is left alone for a while that
 * doubles with each failure, and is well again with the first success or a new connection.
 *
 * <p>Thread-safe: workers ask, the host agent tells.
 */
public final class TargetHealth {
    private static final long FIRST_BACK_OFF_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long MAX_BACK_OFF_NS = TimeUnit.SECONDS.toNanos(2);
    /** Space comes back by deletes, which say so; this is for those of other hosts. */
    private static final long FULL_BACK_OFF_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final int targetId;
    private final NanoClock clock;
    private final long patienceNs;
    private boolean connected;
    private boolean failed;
    private int failures;
    private long failedSinceNs;
    private long retryAtNs;
    private boolean full;
    private long fullUntilNs;
    private String reason = "not connected yet";

    /** @param patienceNs how long a target may fail until it counts as down. */
    TargetHealth(int targetId, NanoClock clock, long patienceNs) {
        this.targetId = targetId;
        this.clock = clock;
        this.patienceNs = patienceNs;
        this.failedSinceNs = clock.nanoTime();
    }

    /** The lane's state, told in each duty cycle. */
    synchronized void onConnected(boolean now) {
        if (now == connected) {
            return;
        }
        connected = now;
        if (now) {
            failed = false;
            failures = 0;
        } else if (!failed) {
            failedSinceNs = clock.nanoTime();
            reason = "not connected";
        }
    }

    /** It answered. */
    synchronized void onAnswer() {
        failed = false;
        failures = 0;
    }

    /** A chunk was written. */
    synchronized void onWritten() {
        onAnswer();
        full = false;
    }

    /** Space was freed. */
    synchronized void onSpaceFreed() {
        full = false;
    }

    /** A request failed in a way that speaks against the target. */
    synchronized void onFailure(ErrorCode code, String message) {
        long now = clock.nanoTime();
        reason = message;
        if (code == ErrorCode.NO_SPACE) {
            full = true;
            fullUntilNs = now + FULL_BACK_OFF_NS;
            return;
        }
        if (!failed && connected) {
            failedSinceNs = now;
        }
        failed = true;
        retryAtNs = now + Math.min(MAX_BACK_OFF_NS, FIRST_BACK_OFF_NS << Math.min(failures, 10));
        failures++;
    }

    /** Whether a new chunk can go there. */
    synchronized Usability usability() {
        long now = clock.nanoTime();
        if (!connected || (failed && now < retryAtNs)) {
            return now - failedSinceNs > patienceNs ? Usability.DOWN : Usability.RECOVERING;
        }
        return full && now < fullUntilNs ? Usability.FULL : Usability.USABLE;
    }

    /** Whether it is not connected, but may soon be. */
    synchronized boolean isConnecting() {
        return !connected && clock.nanoTime() - failedSinceNs <= patienceNs;
    }

    /** Whether to ask it first for a chunk, rather than the others for parity. */
    public synchronized boolean isReadable() {
        return connected && (!failed || clock.nanoTime() >= retryAtNs);
    }

    /** One phrase for messages, with the target's id. */
    @Override
    public synchronized String toString() {
        String state = !connected ? "not connected" : full ? "full" : failed ? "failed" : "well";
        return "target " + targetId + " " + state + (connected && !failed && !full ? "" : " (" + reason + ")");
    }
}

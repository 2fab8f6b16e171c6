package org.apollofs.dataplane.stripe;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.apollofs.transport.ErrorCode;

/**
 * What a host knows of a target's health from its answers and its lane.
 *
 * <p>Silence is not absence: a target that is not connected, or does not answer, is <em>recovering</em> for however long
 * that takes, and whoever needs it waits as long as its own patience is. A target is <em>gone</em> only if somebody
 * knows so: the site has left it out, it has refused this host for good, or it has said itself that it is out of
 * service. A new connection, or an answer, takes that back. A failed target is left alone for a while that doubles with
 * each failure.
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
    private boolean connected;
    private boolean failed;
    private int failures;
    private long retryAtNs;
    private boolean full;
    private long fullUntilNs;
    private boolean outOfService;
    /** Why it does not come back by itself, or null. */
    private String gone;

    private String reason = "not connected yet";
    private volatile long lastAnswerNs;

    TargetHealth(int targetId, NanoClock clock) {
        this.targetId = targetId;
        this.clock = clock;
        this.lastAnswerNs = clock.nanoTime();
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
            outOfService = false;
            gone = null;
        } else {
            reason = failed ? reason : "not connected";
        }
    }

    /** Somebody knows that it will not come: nobody waits for it until it connects all the same. */
    synchronized void onGone(String why) {
        if (!connected) {
            gone = why;
        }
    }

    /** It answered. */
    synchronized void onAnswer() {
        lastAnswerNs = clock.nanoTime();
        failed = false;
        failures = 0;
    }

    /** It gave a sign of life that says nothing about its device. */
    void onSign() {
        lastAnswerNs = clock.nanoTime();
    }

    /** A chunk was written. */
    synchronized void onWritten() {
        onAnswer();
        full = false;
        outOfService = false;
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
        outOfService |= code == ErrorCode.OUT_OF_SERVICE;
        failed = true;
        retryAtNs = now + Math.min(MAX_BACK_OFF_NS, FIRST_BACK_OFF_NS << Math.min(failures, 10));
        failures++;
    }

    /** Whether a new chunk can go there. */
    synchronized Usability usability() {
        if (gone != null || outOfService) {
            return Usability.DOWN;
        }
        long now = clock.nanoTime();
        if (!connected || (failed && now - retryAtNs < 0)) {
            return Usability.RECOVERING;
        }
        return full && now - fullUntilNs < 0 ? Usability.FULL : Usability.USABLE;
    }

    /** Whether it is known that what it holds cannot be had, as far as this host can tell. */
    synchronized boolean isGone() {
        return gone != null;
    }

    /** Whether it has given any sign since a time, of this host's clock. */
    boolean hasAnsweredSince(long timeNs) {
        return lastAnswerNs - timeNs > 0;
    }

    /** Whether to ask it first for a chunk, rather than the others for parity. */
    public synchronized boolean isReadable() {
        return connected && (!failed || clock.nanoTime() - retryAtNs >= 0);
    }

    /** Whether its lane is connected. */
    public synchronized boolean isConnected() {
        return connected;
    }

    /** What it is, in a word: gone, not connected, out of service, failed, full, well. */
    public synchronized String state() {
        if (gone != null) {
            return "gone";
        }
        if (!connected) {
            return "not connected";
        }
        return outOfService ? "out of service" : full ? "full" : failed ? "failed" : "well";
    }

    /** Why it is not well; empty if it is. */
    public synchronized String reason() {
        return gone != null ? gone : state().equals("well") ? "" : reason;
    }

    /** One phrase for messages, with the target's id. */
    @Override
    public synchronized String toString() {
        String why = reason();
        return "target " + targetId + " " + state() + (why.isEmpty() ? "" : " (" + why + ")");
    }
}

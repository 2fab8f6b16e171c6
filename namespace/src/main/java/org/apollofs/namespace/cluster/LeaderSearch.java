package org.apollofs.namespace.cluster;

import io.aeron.exceptions.AeronException;
import java.util.function.Supplier;
import org.agrona.CloseHelper;

/**
 * Connects to the member that leads, by up to two attempts at a time.
 *
 * <p>An attempt that is not answered may be lost, as whoever it had asked forgot it in an election, or slow, as everything is on
 * a machine that is busy; nobody can tell. So a slow one goes on while quick ones are made beside it, one after the other:
 * a cluster is found soon once it has a leader, and whatever an answer takes there is an attempt that waits for it. One that has
 * waited long enough is ended, and the quick one of then takes its place, with twice its patience.
 *
 * <p>Those who are late are ended. One thread.
 *
 * @param <T> of a connection.
 */
final class LeaderSearch<T> implements AutoCloseable {
    /** A quick attempt. Where there is a leader, and the machine is not busy, one takes some milliseconds. */
    static final long QUICK_NS = 2_000_000_000L;

    /** Patience of the first attempt, and the most there is. */
    private static final long PATIENT_NS = 4 * QUICK_NS;

    private static final long MAX_PATIENT_NS = 64 * QUICK_NS;

    /** Between the end of an attempt by a failure, and the next. */
    private static final long PAUSE_NS = 100_000_000L;

    /** Longer than any attempt lasts here, for those who end attempts by the clock. */
    static final long LONGEST_NS = 2 * MAX_PATIENT_NS;

    private final Supplier<Attempt<T>> attempts;
    private long patientNs = PATIENT_NS;
    private Attempt<T> patient;
    private long patientSinceNs;
    private Attempt<T> quick;
    private long quickSinceNs;
    private long pausedNs;
    private boolean isPaused;
    private String why = "not connected yet";

    /** One connection that is being made. */
    interface Attempt<T> extends AutoCloseable {
        /** Goes on. @return null if it is not there yet. @throws AeronException if it fails. */
        T poll();

        /** What it waits for, in words. */
        String describe();

        /** Gives it up; nothing happens if it has succeeded. */
        @Override
        void close();
    }

    LeaderSearch(Supplier<Attempt<T>> attempts) {
        this.attempts = attempts;
    }

    /** Why there is no connection yet. */
    String why() {
        return why;
    }

    /** A connection has ended just now: the next attempt is made in a moment. */
    void lost(String because, long nowNs) {
        why = because;
        isPaused = true;
        pausedNs = nowNs;
    }

    /** Goes on. @return the connection, which is the caller's; null while there is none. */
    T poll(long nowNs) {
        endAndBegin(nowNs);
        T found = poll(patient, nowNs);
        if (found == null) {
            found = poll(quick, nowNs);
        }
        if (found != null) {
            patientNs = PATIENT_NS;
            close();
        }
        return found;
    }

    private void endAndBegin(long nowNs) {
        if (patient != null && nowNs - patientSinceNs > patientNs) {
            giveUp(patient);
            patientNs = Math.min(2 * patientNs, MAX_PATIENT_NS);
        }
        if (patient == null) {
            patient = quick;
            patientSinceNs = quickSinceNs;
            quick = null;
        }
        if (patient == null) {
            beginPatient(nowNs);
        } else if (nowNs - quickSinceNs > QUICK_NS) {
            if (quick != null) {
                giveUp(quick);
            }
            quick = attempts.get();
            quickSinceNs = nowNs;
        }
    }

    private void beginPatient(long nowNs) {
        if (isPaused && nowNs - pausedNs < PAUSE_NS) {
            return;
        }
        isPaused = false;
        patient = attempts.get();
        patientSinceNs = nowNs;
        // Nobody is quicker than the first.
        quickSinceNs = nowNs;
    }

    private T poll(Attempt<T> attempt, long nowNs) {
        if (attempt == null) {
            return null;
        }
        try {
            return attempt.poll();
        } catch (AeronException e) {
            end(attempt);
            lost(e.getMessage(), nowNs);
            return null;
        }
    }

    private void giveUp(Attempt<T> attempt) {
        why = attempt.describe();
        end(attempt);
    }

    @SuppressWarnings("ReferenceEquality") // Which of the two it is.
    private void end(Attempt<T> attempt) {
        CloseHelper.quietClose(attempt);
        if (attempt == patient) {
            patient = null;
        } else {
            quick = null;
        }
    }

    /** Gives all attempts up; the next poll makes others. */
    @Override
    public void close() {
        CloseHelper.quietCloseAll(patient, quick);
        patient = null;
        quick = null;
    }
}

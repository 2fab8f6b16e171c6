package org.apollofs.dataplane.repair;

import org.apollofs.namespace.client.OpenSessions;

/**
 * What a namespace says of which stripes are dead, at one point of its log: the sessions were asked for first, then what files refer
 * to. A stripe that is dead stays so: a session that has ended commits nothing any more, and its number is not given again. Immutable.
 *
 * <p>Sessions of the present generation are left alone, ended or not: their hosts are there, and may yet commit what an earlier session
 * of theirs has written.
 *
 * @param sessions which are open, and who the namespace is.
 * @param live what files refer to: all of it.
 */
record SweepProof(OpenSessions sessions, LiveStripes live) {
    /** Whether a session can have dead stripes that a sweep may delete, now or when it has ended. */
    boolean isOfEarlierGeneration(long session) {
        return session > 0 && session < sessions.identity().firstSession() && session < sessions.next();
    }

    /** Whether a stripe is dead for certain. */
    boolean isDead(long session, long stripe) {
        return isOfEarlierGeneration(session) && sessions.hasEnded(session) && !live.contains(session, stripe);
    }

    /** Whether a stripe may be dead later, when its session has ended. */
    boolean isUndecided(long session, long stripe) {
        return isOfEarlierGeneration(session) && !sessions.hasEnded(session) && !live.contains(session, stripe);
    }
}

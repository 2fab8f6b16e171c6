package org.apollofs.namespace.client;

import java.util.Arrays;

/**
 * Which writer sessions there are, at one point of the log. A session that was given a number and is not open has ended: it
 * commits nothing any more, and its number is not given again.
 *
 * @param identity of the namespace at that point.
 * @param next number of the next session: those from it on are not known yet.
 * @param open numbers of the sessions that are open, rising.
 */
public record OpenSessions(NamespaceIdentity identity, long next, long[] open) {
    /** Whether a session was opened, and has ended. */
    public boolean hasEnded(long session) {
        return session > 0 && session < next && Arrays.binarySearch(open, session) < 0;
    }
}

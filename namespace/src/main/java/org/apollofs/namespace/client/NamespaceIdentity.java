package org.apollofs.namespace.client;

import java.util.UUID;

/**
 * Which namespace this is, and how new. It stands in the namespace's log and snapshots, so whoever has another log, or an
 * older one, says something else.
 *
 * @param id random, made with the namespace, never changed; all zero for one that has none yet.
 * @param generation grows with every start of a site, and with every change of leaders where there is no site: of two copies of one
 *     namespace that went apart, the one of the higher generation is the one that was used last. 0 while there is no id.
 * @param firstSession number of the first session that could be opened in this generation: those before it are of earlier ones.
 */
public record NamespaceIdentity(UUID id, long generation, long firstSession) {
    /** Of a namespace that has none yet: it is being made, or was made by a build that gave none. */
    public static final NamespaceIdentity NONE = new NamespaceIdentity(new UUID(0, 0), 0, 1);

    /**
     * Numbers that each generation has for its sessions, at least: generation g begins with (g - 1) times as many. So numbers
     * do not come again where an older copy of the namespace, or a new one, goes on after a later generation was given up.
     */
    public static final long SESSIONS_A_GENERATION = 1L << 24;

    /** Whether it has an id. */
    public boolean isKnown() {
        return id.getMostSignificantBits() != 0 || id.getLeastSignificantBits() != 0;
    }

    /** The least number of a session that is opened in a generation. */
    public static long leastSession(long generation) {
        return (generation - 1) * SESSIONS_A_GENERATION + 1;
    }
}

package org.apollofs.profile;

import java.util.List;

/**
 * The replicated tree.
 *
 * @param fileSyncLevel of the Raft log: 0 not synced (not durable), 1 data, 2 data and metadata.
 * @param mapSizeBytes most that the tree may grow to.
 * @param snapshotLogBytes of log after which a snapshot is taken.
 * @param snapshotIntervalMs after which a snapshot is taken if there is anything new.
 * @param leaderTimeoutMs without a sign of the leader after which another is elected.
 * @param sessionTimeoutMs a host not heard of for this long is fenced.
 * @param requestTimeoutMs longest that a caller waits for an answer.
 */
public record NamespaceProfile(
        List<Member> members,
        int fileSyncLevel,
        long mapSizeBytes,
        long snapshotLogBytes,
        int snapshotIntervalMs,
        int leaderTimeoutMs,
        int sessionTimeoutMs,
        int requestTimeoutMs) {

    public NamespaceProfile {
        members = List.copyOf(members);
    }

    /**
     * A member of the Raft group.
     *
     * @param port first of its {@value #PORTS} consecutive UDP ports; 0: free ones are taken.
     */
    public record Member(int id, String host, int port) {
        /** Ports that a member takes. */
        public static final int PORTS = 6;
    }
}

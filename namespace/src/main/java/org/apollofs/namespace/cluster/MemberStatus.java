package org.apollofs.namespace.cluster;

/**
 * What a member says of itself.
 *
 * @param member which one.
 * @param role what it does.
 * @param isElecting whether it takes part in an election, or catches up after one.
 * @param isSpaceLow whether the namespace refuses what grows, as far as this member has come in the log.
 * @param position in the log, up to which it knows it to be committed, bytes.
 * @param voted the latest term that it has voted in; -1 for none. Who follows without having voted says an earlier one than the
 *     leader's.
 * @param logStart position from which on it has the log; 0 also where it does not know.
 * @param strangers datagrams that it has dropped because they had no valid tag or seal.
 */
public record MemberStatus(
        MemberAddress member,
        Role role,
        boolean isElecting,
        boolean isSpaceLow,
        long position,
        long voted,
        long logStart,
        long strangers) {
    /** What a member does. Codes are those of Aeron's {@code Cluster.Role}, and then those who are no member yet, or not ours. */
    public enum Role {
        FOLLOWER(0),
        CANDIDATE(1),
        LEADER(2),
        /** Has no log yet: waits for the others, or copies. */
        JOINING(3),
        /** Knows nothing of this secret or namespace. Nobody says so of himself. */
        REFUSING(4);

        private static final Role[] ALL = values();

        private final int code;

        Role(int code) {
            this.code = code;
        }

        /** Whether it takes part in the namespace. */
        public boolean takesPart() {
            return code < JOINING.code;
        }

        int code() {
            return code;
        }

        static Role of(int flags) {
            return ALL[Math.min(flags & PeerMessage.ROLE_MASK, JOINING.code)];
        }
    }
}

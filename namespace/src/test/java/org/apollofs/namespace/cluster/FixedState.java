package org.apollofs.namespace.cluster;

import java.util.function.LongSupplier;

/** A leader without space that says the same whenever it is asked, but for its vote. */
record FixedState(LongSupplier votes, long logStart) implements PeerState {
    @Override
    public long vote() {
        return votes.getAsLong();
    }

    @Override
    public int flags() {
        return MemberStatus.Role.LEADER.code() | PeerMessage.SPACE_LOW;
    }

    @Override
    public long position() {
        return 123_456;
    }
}

package org.apollofs.namespace.cluster;

import java.util.function.LongSupplier;

/** A member that says the same whenever it is asked, but for its vote. */
record FixedState(LongSupplier votes, int flags, long logStart) implements PeerState {
    @Override
    public long vote() {
        return votes.getAsLong();
    }

    @Override
    public long position() {
        return 123_456;
    }

    @Override
    public long strangers() {
        return 3;
    }
}

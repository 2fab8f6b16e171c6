package org.apollofs.namespace.cluster;

import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.ElectionState;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * Notices that a member cannot catch up any more, because the leader has deleted what it lacks of the log while it stood
 * still or could not reach it. Aeron would have it try for ever; so it is a failure, and the next start makes a copy, see
 * {@link NamespaceMember}.
 *
 * <p>An agent. Asks the others only while an election takes long.
 */
final class CatchUpWatch implements Agent {
    private static final long CHECK_NS = 200_000_000L;
    /** Elections take longer only where members are missing. */
    private static final int LONG_FACTOR = 5;

    private final NamespaceMemberContext ctx;
    private final ConsensusModule.Context consensus;
    private final long startEnd;
    private LogStarts starts;
    private long checkedNs;
    private long closedNs;
    private boolean hasFailed;

    /** @param startEnd where this member's log ended when it started. */
    CatchUpWatch(NamespaceMemberContext ctx, ConsensusModule.Context consensus, long startEnd) {
        this.ctx = ctx;
        this.consensus = consensus;
        this.startEnd = startEnd;
        checkedNs = ctx.nanoClock().nanoTime();
        closedNs = checkedNs;
    }

    @Override
    public String roleName() {
        return "namespace-catch-up";
    }

    @Override
    public int doWork() {
        long now = ctx.nanoClock().nanoTime();
        if (now - checkedNs < CHECK_NS || hasFailed) {
            return 0;
        }
        checkedNs = now;
        AtomicCounter election = consensus.electionStateCounter();
        AtomicCounter commit = consensus.commitPositionCounter();
        if (election.isClosed() || commit.isClosed()) {
            return 0;
        }
        if (ElectionState.get(election) == ElectionState.CLOSED) {
            closedNs = now;
            onClose();
        } else if (now - closedNs > LONG_FACTOR * ctx.leaderTimeoutNs()) {
            check(Math.max(startEnd, commit.get()));
        }
        return 0;
    }

    private void check(long end) {
        if (starts == null) {
            starts = new LogStarts(ctx, true);
        }
        starts.poll();
        if (starts.ofLeader() > end) {
            hasFailed = true;
            ctx.failureHandler()
                    .accept(new IllegalStateException(
                            "the leader has deleted what this member lacks of the log, which it copies when it is started again:"
                                    + " memberId=" + ctx.memberId() + ", end=" + end + ", start of the leader's="
                                    + starts.ofLeader()));
        }
    }

    @Override
    public void onClose() {
        if (starts != null) {
            starts.close();
            starts = null;
        }
    }
}

package org.apollofs.namespace.cluster;

import io.aeron.cluster.ElectionState;
import java.util.function.Consumer;
import org.agrona.concurrent.Agent;

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
    private final ConsensusCounters consensus;
    private final long startEnd;
    private final Consumer<Throwable> onLeftBehind;
    private LogStarts starts;
    private long checkedNs;
    private long closedNs;
    private boolean hasFailed;

    /**
     * A watch over one member.
     *
     * @param startEnd where this member's log ended when it started.
     * @param onLeftBehind told once.
     */
    CatchUpWatch(
            NamespaceMemberContext ctx, ConsensusCounters consensus, long startEnd, Consumer<Throwable> onLeftBehind) {
        this.ctx = ctx;
        this.consensus = consensus;
        this.startEnd = startEnd;
        this.onLeftBehind = onLeftBehind;
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
        ElectionState election = consensus.election();
        if (election == ElectionState.CLOSED) {
            closedNs = now;
            onClose();
        } else if (election != null && now - closedNs > LONG_FACTOR * ctx.leaderTimeoutNs()) {
            check(Math.max(startEnd, consensus.commitPosition()));
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
            onLeftBehind.accept(new PartEndedException(
                    "the leader has deleted what this member lacks of the log, which it copies when it is started"
                            + " again: memberId=" + ctx.memberId() + ", end=" + end + ", start of the leader's="
                            + starts.ofLeader(),
                    null));
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

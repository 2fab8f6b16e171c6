package org.apollofs.namespace.cluster;

import io.aeron.cluster.NodeStateFile;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.state.IdentityClaim;
import org.apollofs.namespace.state.NamespaceState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who a running member's namespace is: what it claims in the log, what the log says, and what it notes of that in its folder. Has a
 * thread of the caller's factory for the notes, and owns it.
 */
final class MemberIdentity implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemberIdentity.class);
    private static final long POLL_NS = 1_000_000;
    private static final int MARK_REST_MS = 50;
    /** Where nothing was to be noted for a while. */
    private static final int MARK_LONG_REST_MS = 200;

    private final NamespaceMemberContext ctx;
    private final MemberMarks marks;
    private final ServiceProgress progress;
    private NamespaceState state;
    private AgentRunner keeper;
    private volatile boolean isRefused;

    MemberIdentity(NamespaceMemberContext ctx, MemberMarks marks, ServiceProgress progress) {
        this.ctx = ctx;
        this.marks = marks;
        this.progress = progress;
    }

    /** The state that the log is applied to. Before anything else. @return it. */
    NamespaceState of(NamespaceState applied) {
        state = applied;
        return applied;
    }

    /** What says in the log who the namespace is; an agent, to be run with the sender. */
    Agent claims(BarrierSender sender) {
        return new ClaimWatch(ctx, state, progress, sender, marks::mark);
    }

    /** Begins to keep the marks. @param votes of the member, null if there is nobody to vote for; open until the close. */
    void start(NodeStateFile votes) {
        keeper = new AgentRunner(
                new BackoffIdleStrategy(
                        0,
                        0,
                        TimeUnit.MILLISECONDS.toNanos(MARK_REST_MS),
                        TimeUnit.MILLISECONDS.toNanos(MARK_LONG_REST_MS)),
                e -> LOG.error("namespace member: marks", e),
                null,
                new MarkKeeper(ctx, marks, state, progress, () -> voted(votes)));
        AgentRunner.startOnThread(keeper, ctx.threadFactory());
    }

    private static long voted(NodeStateFile votes) {
        return votes == null ? -1 : votes.candidateTerm().candidateTermId();
    }

    /** See {@link NamespaceMember#awaitIdentity}. */
    NamespaceIdentity await(BooleanSupplier isRunning) {
        IdentityClaim claim = ctx.claim();
        while (true) {
            NamespaceIdentity present = state.identity();
            if (claim == null ? present.isKnown() : claim.isOf(present)) {
                return present;
            }
            if (claim != null && claim.equals(state.refusedClaim())) {
                isRefused = true;
                throw MemberAdmission.refused(ctx, present);
            }
            if (ctx.cancellation().getAsBoolean()) {
                throw new CancellationException("the start was given up before the namespace had said who it is");
            }
            if (!isRunning.getAsBoolean()) {
                throw new IllegalStateException("the namespace's member has ended: directory=" + ctx.directory());
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Whether it is not the namespace that was expected: nothing is added to it. */
    boolean isRefused() {
        return isRefused;
    }

    /** Notes how far the member has come, and ends the thread. */
    @Override
    public void close() {
        CloseHelper.close(keeper);
    }
}

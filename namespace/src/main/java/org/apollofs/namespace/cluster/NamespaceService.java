package org.apollofs.namespace.cluster;

import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.ImageFragmentAssembler;
import io.aeron.Publication;
import io.aeron.cluster.codecs.CloseReason;
import io.aeron.cluster.service.ClientSession;
import io.aeron.cluster.service.Cluster;
import io.aeron.cluster.service.ClusteredService;
import io.aeron.logbuffer.Header;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.state.NamespaceState;
import org.apollofs.namespace.state.SnapshotLoader;
import org.apollofs.namespace.state.TablesOutgrownException;

/**
 * Applies the cluster's log to a {@link NamespaceState} and answers.
 *
 * <p>Commands are added as they come, and applied and answered some dozens at a time, so that clients go on while the rest is
 * applied; what is left of a poll of the log in {@link #doBackgroundWork}, which the container calls after each. So a lone
 * command waits for nothing. A commit comes when a reader waits for it, when some time has passed since the last one, and when
 * the transaction is full. Whatever depends on the state (snapshots, timers, new sessions) applies and commits first, so that
 * it does not depend on how the log was polled.
 *
 * <p>Runs on the container's thread. The state is the member's, who closes it after the container.
 */
final class NamespaceService implements ClusteredService {
    /** The one timer: the next lease that may end. */
    private static final long LEASE_TIMER = 1;
    /** Leases are looked at a little late, so that those that end together end with one timer. */
    private static final long LEASE_SLACK_NS = 100_000_000;
    /** While there is a lease, time is told at least as often. */
    private static final long TICK_NS = 5_000_000_000L;
    /**
     * Of the time between two records, so much counts for leases: a tick that comes later shows that there was no leader, that all
     * stood still, or were not there. That is no time in which a host could have been heard of.
     */
    private static final long SERVED_NS = TICK_NS + 1_000_000_000L;
    /** Commands that are applied and answered together: an answer should not wait for many others. */
    private static final int ANSWER_COUNT = 32;
    /**
     * Time between commits that no reader waits for, while commands come. Each writes all rows and pages that were changed since
     * the last one, so fewer are cheaper; reads that may be stale are at most that old.
     */
    private static final long LEADER_COMMIT_NS = 5_000_000;
    /** Nobody but who asks for stale reads reads here. */
    private static final long FOLLOWER_COMMIT_NS = 20_000_000;
    /**
     * While clients read the tables of a lone member, which they may as soon as they have an answer; it then commits whenever it
     * has nothing else to do, too.
     */
    private static final long READ_COMMIT_NS = 1_000_000;

    private final NamespaceState state;
    private final boolean isLone;
    private final ShutdownProbe probe;
    private final NamespaceCounters counters;
    private final ReadBarrier barrier;
    private final ServiceProgress progress;
    private final Consumer<Throwable> failureHandler;
    private final CRC32C checksum = new CRC32C();
    private final NamespaceState.ResultConsumer answer = this::onResult;
    private final Frames.Consumer frames = this::onFrame;
    private Cluster cluster;
    private EgressSender egress;
    /** Of the last commit that {@link #doBackgroundWork} made, ns. */
    private long committedNs;

    private long leadershipTermId;
    private boolean isLeader;
    private boolean hasFailed;

    // The message whose frames are being added.
    private long messagePosition;
    private long messageTimestampNs;
    private long messageSession;
    private boolean opensSession;

    /**
     * A service for a state that is empty.
     *
     * @param isLone whether it is the only member.
     * @param probe of the file system that the log is on; null if the log is not synced.
     * @param failureHandler told once when the state machine or the file system fails: the member must go.
     */
    NamespaceService(
            NamespaceState state,
            boolean isLone,
            ShutdownProbe probe,
            NamespaceCounters counters,
            ReadBarrier barrier,
            ServiceProgress progress,
            Consumer<Throwable> failureHandler) {
        this.isLone = isLone;
        this.probe = probe;
        this.barrier = barrier;
        this.progress = progress;
        this.state = state;
        this.counters = counters;
        this.failureHandler = failureHandler;
        state.countAtMost(SERVED_NS);
    }

    @Override
    public void onStart(Cluster startedCluster, Image snapshotImage) {
        cluster = startedCluster;
        egress = new EgressSender(cluster, counters);
        cluster.forEachClientSession(egress::open);
        if (snapshotImage != null) {
            try {
                load(snapshotImage);
            } catch (TablesOutgrownException e) {
                throw failed("the namespace's tables do not fit in memory", e);
            }
        }
    }

    private void load(Image image) {
        SnapshotLoader loader = state.loadSnapshot();
        ImageFragmentAssembler assembler =
                new ImageFragmentAssembler((buffer, offset, length, header) -> loader.onBlock(buffer, offset, length));
        IdleStrategy idle = cluster.idleStrategy();
        while (!loader.isDone()) {
            int fragments = image.poll(assembler, 100);
            if (fragments == 0 && (image.isClosed() || image.isEndOfStream())) {
                throw new IllegalStateException("snapshot of the namespace ends early: position=" + image.position());
            }
            idle.idle(fragments);
        }
        counters.snapshotLength.set(image.position() - image.joinPosition());
    }

    @Override
    public void onSessionOpen(ClientSession session, long timestamp) {
        egress.open(session);
    }

    @Override
    public void onSessionClose(ClientSession session, long timestamp, CloseReason closeReason) {
        apply();
        egress.close(session.id());
    }

    @Override
    public void onSessionMessage(
            ClientSession session, long timestamp, DirectBuffer buffer, int offset, int length, Header header) {
        if (ReadBarrier.isBarrier(buffer, offset, length)) {
            barrier.onLogged(buffer, offset);
            return;
        }
        if (SpaceNotice.isNotice(buffer, offset, length)) {
            state.addSpace(header.position(), timestamp, SpaceNotice.isLow(buffer, offset));
            return;
        }
        if (ClaimNotice.isNotice(buffer, offset, length)) {
            state.addClaim(header.position(), timestamp, ClaimNotice.claim(buffer, offset));
            return;
        }
        messagePosition = header.position();
        messageTimestampNs = timestamp;
        messageSession = session == null ? 0 : session.id();
        opensSession = false;
        if (!Frames.forEach(buffer, offset, length, checksum, frames)) {
            counters.framesTorn.increment();
        }
        if (opensSession) {
            scheduleLeaseTimer();
        }
    }

    private void onFrame(DirectBuffer buffer, int offset, int length, boolean isWhole) {
        if (!isWhole) {
            // Never acknowledged: it was not durable. Skipped by every replica that reads the same bytes.
            counters.framesTorn.increment();
            return;
        }
        opensSession |= length >= CommandHead.COMMAND_LENGTH && CommandHead.startsLease(buffer, offset);
        state.add(messagePosition, messageTimestampNs, messageSession, buffer, offset, length);
        if (state.isFull()) {
            commit();
        } else if (state.pending() >= ANSWER_COUNT) {
            apply();
            sendAnswers();
        }
    }

    @Override
    public void onTimerEvent(long correlationId, long timestamp) {
        state.addTick(cluster.logPosition(), timestamp);
        scheduleLeaseTimer();
    }

    private void scheduleLeaseTimer() {
        commit();
        long deadlineNs = state.nextExpiryNs();
        if (deadlineNs == Long.MAX_VALUE) {
            return;
        }
        long timerNs = Math.min(deadlineNs + LEASE_SLACK_NS, cluster.time() + TICK_NS);
        while (!cluster.scheduleTimer(LEASE_TIMER, timerNs)) {
            cluster.idleStrategy().idle();
        }
    }

    @Override
    public int doBackgroundWork(long nowNs) {
        requireSound();
        int work = apply() + sendAnswers();
        progress.moveTo(cluster.logPosition());
        if (!state.isCommitted()
                && (barrier.isWaiting() || state.isCommitWanted() || nowNs - committedNs >= commitIntervalNs(work))) {
            commit();
            committedNs = nowNs;
            work++;
        }
        if (state.isCommitted() && barrier.onApplied()) {
            work++;
        }
        return work;
    }

    private long commitIntervalNs(int work) {
        if (isLone && state.isReadLately()) {
            return work == 0 ? 0 : READ_COMMIT_NS;
        }
        return isLeader ? LEADER_COMMIT_NS : FOLLOWER_COMMIT_NS;
    }

    private int apply() {
        return state.pending() == 0 ? 0 : carryOut(() -> state.apply(answer));
    }

    private void commit() {
        if (!state.isCommitted()) {
            carryOut(() -> state.commit(answer));
            counters.batches.increment();
        }
    }

    /** Within a poll of the log Aeron catches what is thrown and goes on: nothing may be done after a failure. */
    private void requireSound() {
        if (hasFailed) {
            throw new AgentTerminationException("the namespace's member has failed");
        }
    }

    private int carryOut(Runnable step) {
        requireSound();
        int count = state.pending();
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            // Commands are neither applied nor dropped: going on would leave a hole in the state.
            throw failed("the namespace's state machine failed", e);
        }
        counters.commands.add(count);
        return count;
    }

    /** Sends the results there are, unless the disk fails: then nobody may be told that it holds them. */
    private int sendAnswers() {
        if (!isLeader || hasFailed || !egress.isWaiting()) {
            return 0;
        }
        if (probe != null) {
            try {
                probe.check();
            } catch (IOException e) {
                throw failed("the file system of the namespace's log has shut down", e);
            }
        }
        return egress.flush(leadershipTermId);
    }

    private AgentTerminationException failed(String why, Throwable cause) {
        hasFailed = true;
        failureHandler.accept(cause);
        return new AgentTerminationException(why, cause);
    }

    private void onResult(long sessionId, DirectBuffer buffer, int offset, int length) {
        if (isLeader) {
            egress.add(sessionId, buffer, offset, length);
        }
    }

    @Override
    public void onTakeSnapshot(ExclusivePublication publication) {
        // One of a state that lacks commands of the log would lose them.
        requireSound();
        commit();
        IdleStrategy idle = cluster.idleStrategy();
        long begin = publication.position();
        state.writeSnapshot((buffer, offset, length) -> {
            idle.reset();
            long result = publication.offer(buffer, offset, length);
            while (result < 0) {
                // The archive was connected when this was called, and has given up, as for want of space: there is no
                // snapshot then, and the member goes on.
                if (result == Publication.CLOSED
                        || result == Publication.NOT_CONNECTED
                        || result == Publication.MAX_POSITION_EXCEEDED) {
                    throw new IllegalStateException("snapshot of the namespace cannot be written: result=" + result
                            + ", position=" + publication.position());
                }
                idle.idle();
                result = publication.offer(buffer, offset, length);
            }
        });
        counters.snapshots.increment();
        counters.snapshotLength.set(publication.position() - begin);
    }

    @Override
    public void onRoleChange(Cluster.Role newRole) {
        isLeader = newRole == Cluster.Role.LEADER;
        if (!isLeader) {
            progress.lead(null);
            egress.disconnect();
        }
    }

    @Override
    public void onNewLeadershipTermEvent(
            long newLeadershipTermId,
            long logPosition,
            long timestamp,
            long termBaseLogPosition,
            int leaderMemberId,
            int logSessionId,
            TimeUnit timeUnit,
            int appVersion) {
        if (timeUnit != TimeUnit.NANOSECONDS) {
            throw new IllegalStateException("the cluster's clock counts in another unit: timeUnit=" + timeUnit);
        }
        leadershipTermId = newLeadershipTermId;
        // The log that is read at start has terms that this member led before it.
        boolean isLed = isLeader && leaderMemberId == cluster.memberId();
        progress.lead(isLed ? new ServiceProgress.Term(newLeadershipTermId, logSessionId) : null);
    }

    @Override
    public void onTerminate(Cluster terminatedCluster) {
        if (!hasFailed) {
            commit();
        }
        egress.close();
    }
}

package org.apollofs.namespace.cluster;

import io.aeron.archive.client.AeronArchive;
import io.aeron.archive.client.ArchiveException;
import io.aeron.cluster.ClusterBackup;
import io.aeron.cluster.ClusterBackupEventsListener;
import io.aeron.cluster.ClusterMember;
import io.aeron.cluster.RecordingLog;
import io.aeron.exceptions.TimeoutException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member without a log, among several: it copies the latest snapshot and the log from the member that leads before
 * it takes part, so that it never votes knowing less than before; or all folders are empty, and it is a new cluster, see
 * {@link RollCall}, unless this one has given its log up. Until one or the other is found the member waits.
 *
 * <p>The copy is complete when it has all that the leader had in its log when the copy had caught up: so all that was ever
 * acknowledged with the help of this member's lost disk. While it is made there is a file {@code joining} in the folder; a
 * start that finds it begins the copy anew.
 */
final class MemberJoin {
    private static final Logger LOG = LoggerFactory.getLogger(MemberJoin.class);
    private static final long POLL_NS = 2_000_000;
    private static final long QUERY_NS = 1_000_000_000L;
    private static final long PROGRESS_NS = 10_000_000_000L;
    private static final long SAY_NS = 1_000_000_000L;
    private static final int LOG_STREAM = 100;

    private final NamespaceMemberContext ctx;
    private final MemberFolder folder;
    private final String aeronDirectory;
    private final AeronArchive.Context archiveContext;
    private final Listener listener = new Listener();
    private long saidNs;

    MemberJoin(
            NamespaceMemberContext ctx,
            MemberFolder folder,
            String aeronDirectory,
            AeronArchive.Context archiveContext) {
        this.ctx = ctx;
        this.folder = folder;
        this.aeronDirectory = aeronDirectory;
        this.archiveContext = archiveContext;
        saidNs = ctx.nanoClock().nanoTime() - SAY_NS;
    }

    /** How far the copy is. Written by the copy's thread. */
    private static final class Listener implements ClusterBackupEventsListener {
        private final AtomicLong position = new AtomicLong(-1);
        private volatile String source;
        private volatile boolean hasTerms;
        private volatile boolean hasEnded;

        @Override
        public void onBackupQuery() {
            LOG.debug("namespace member: asks the others for a copy");
        }

        @Override
        public void onPossibleFailure(Exception e) {
            LOG.debug("namespace member: copy: {}", e.getMessage());
        }

        @Override
        public void onBackupResponse(
                ClusterMember[] members, ClusterMember from, List<RecordingLog.Snapshot> snapshotsToRetrieve) {
            LOG.info("namespace member: copies from member {}: snapshots={}", from.id(), snapshotsToRetrieve.size());
            source = from.archiveEndpoint();
        }

        @Override
        public void onUpdatedRecordingLog(RecordingLog log, List<RecordingLog.Snapshot> snapshotsRetrieved) {
            hasTerms = true;
        }

        @Override
        public void onLiveLogProgress(long recordingId, long counterId, long logPosition) {
            position.set(logPosition);
        }
    }

    /**
     * Waits until the cluster is known to be new, or the copy is complete.
     *
     * @return whether a copy was made.
     * @throws CancellationException if the start is given up.
     */
    @SuppressWarnings("try") // The copy is made by a thread of its own.
    boolean run() throws IOException {
        boolean mayBeNew = !folder.hasFallenBehind();
        say(
                mayBeNew
                        ? "no log in the folder: waits until all members say so of theirs, or for one that leads"
                        : "away for longer than the others keep the log: waits for a member that leads, to copy from"
                                + " it");
        folder.beginJoin();
        try (RollCall roll = new RollCall(ctx);
                ClusterBackup backup = ClusterBackup.launch(AeronTimeouts.ofCopy(context(), aeronDirectory))) {
            long target = -1;
            while (target < 0 || listener.position.get() < target) {
                if (ctx.cancellation().getAsBoolean()) {
                    throw new CancellationException("the start was given up before the member had a log");
                }
                if (listener.hasEnded) {
                    throw new PartEndedException("the copy of another member's log has stopped", null);
                }
                if (roll.poll(mayBeNew && listener.source == null)) {
                    say("a new cluster");
                    return false;
                }
                if (target < 0 && listener.hasTerms) {
                    target = leaderPosition();
                }
                sayHowFar(target);
                LockSupport.parkNanos(POLL_NS);
            }
            say("the copy is complete");
            return true;
        }
    }

    private void say(String line) {
        LOG.info("namespace member: memberId={}: {}", ctx.memberId(), line);
        ctx.progress().accept(line);
    }

    private void sayHowFar(long target) {
        long now = ctx.nanoClock().nanoTime();
        if (listener.source == null || now - saidNs < SAY_NS) {
            return;
        }
        saidNs = now;
        say(
                target < 0
                        ? "copies snapshots: from=" + listener.source
                        : "copies the log: from=" + listener.source + ", position=" + listener.position + ", end="
                                + target);
    }

    private ClusterBackup.Context context() {
        MemberAddress self = ctx.address();
        String others = ctx.members().stream()
                .filter(member -> member.id() != ctx.memberId())
                .map(MemberAddress::consensus)
                .collect(Collectors.joining(","));
        return new ClusterBackup.Context()
                .aeronDirectoryName(aeronDirectory)
                .clusterId(NamespaceMember.CLUSTER_ID)
                .clusterDir(folder.cluster().toFile())
                .markFileDir(folder.mark().resolve("join").toFile())
                .archiveContext(archiveContext)
                .clusterArchiveContext(leaderArchive("localhost:0"))
                .clusterConsensusEndpoints(others)
                .consensusChannel("aeron:udp?endpoint=" + self.consensus())
                .catchupEndpoint(self.host() + ":0")
                .catchupChannel("aeron:udp?term-length=" + ctx.logTermLength())
                .initialReplayStart(ClusterBackup.Configuration.ReplayStart.LATEST_SNAPSHOT)
                .sourceType(ClusterBackup.SourceType.LEADER)
                .clusterBackupResponseTimeoutNs(QUERY_NS)
                .clusterBackupCoolDownIntervalNs(QUERY_NS)
                .clusterBackupProgressTimeoutNs(PROGRESS_NS)
                .credentialsSupplier(ctx.credentialsSupplier())
                .threadFactory(ctx.threadFactory())
                .idleStrategySupplier(ctx.idle()::newStrategy)
                .errorHandler(e -> LOG.debug("namespace member: copy: {}", e.getMessage()))
                .terminationHook(() -> listener.hasEnded = true)
                .eventsListener(listener);
    }

    private AeronArchive.Context leaderArchive(String endpoint) {
        return new AeronArchive.Context()
                .aeronDirectoryName(aeronDirectory)
                .controlRequestChannel("aeron:udp?term-length=64k|endpoint=" + endpoint)
                .controlResponseChannel(
                        "aeron:udp?term-length=64k|endpoint=" + ctx.address().host() + ":0");
    }

    /** What the leader's log has now. @return -1 if it does not say. */
    private long leaderPosition() {
        try (AeronArchive leader = AeronTimeouts.connectToArchive(leaderArchive(listener.source), aeronDirectory)) {
            long last = ArchivedRecording.all(leader).stream()
                    .filter(recording -> recording.streamId() == LOG_STREAM)
                    .mapToLong(ArchivedRecording::id)
                    .max()
                    .orElse(-1);
            return last < 0 ? 0 : leader.getMaxRecordedPosition(last);
        } catch (TimeoutException | ArchiveException e) {
            // It has gone, or does not lead any more: the copy goes on from another.
            LOG.info("namespace member: the leader's archive does not answer: {}", e.getMessage());
            return -1;
        }
    }
}

package org.apollofs.namespace.cluster;

import io.aeron.archive.client.AeronArchive;
import io.aeron.archive.client.ArchiveException;
import io.aeron.cluster.ClusterControl;
import io.aeron.cluster.RecordingLog;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.agrona.concurrent.Agent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has snapshots taken, and deletes what they make superfluous, so that a member's folder does not grow without bound.
 *
 * <p>The member that leads asks for a snapshot, of all members, when the log has grown by so many bytes since the last one, or
 * so much time has passed and there is something new. After a snapshot each member keeps that one and the one before it, with
 * the log from the one before on: a member that was away for less than the time between two snapshots catches up from the
 * log, and one that was away for longer copies, see {@link LogStarts}. What is older is deleted, in whole files of the log.
 *
 * <p>An agent; deleting takes some milliseconds.
 */
final class SnapshotKeeper implements Agent {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);
    private static final long CHECK_NS = 200_000_000L;
    private static final long RETRY_NS = 10_000_000_000L;
    private static final int KEPT = 2;

    private final NamespaceMemberContext ctx;
    private final MemberFolder folder;
    private final ConsensusCounters consensus;
    private final Supplier<AeronArchive> archives;
    private final NamespaceCounters counters;
    private final AtomicLong logStart;
    private final DiskSpace disk;
    /** Recordings of snapshots that were deleted, or found to be. */
    private final Set<Long> purged = new HashSet<>();

    private long lastCheckNs;
    private long lastSnapshotNs;
    private long lastSnapshotPosition;
    private long snapshotsSeen;
    private boolean isPurgeDue = true;

    /**
     * A keeper of one member's folder.
     *
     * @param archives connects to this member's archive.
     * @param logStart where the position is put from which on the log is kept, once it is known.
     */
    SnapshotKeeper(
            NamespaceMemberContext ctx,
            MemberFolder folder,
            ConsensusCounters consensus,
            Supplier<AeronArchive> archives,
            AtomicLong logStart,
            DiskSpace disk,
            NamespaceCounters counters) {
        this.ctx = ctx;
        this.folder = folder;
        this.consensus = consensus;
        this.archives = archives;
        this.logStart = logStart;
        this.disk = disk;
        this.counters = counters;
        lastCheckNs = ctx.nanoClock().nanoTime();
        lastSnapshotNs = lastCheckNs;
        lastSnapshotPosition = -1;
    }

    @Override
    public String roleName() {
        return "namespace-snapshots";
    }

    @Override
    public int doWork() {
        long now = ctx.nanoClock().nanoTime();
        if (now - lastCheckNs < CHECK_NS) {
            return 0;
        }
        lastCheckNs = now;
        long taken = consensus.snapshots();
        if (taken == ConsensusCounters.GONE) {
            return 0;
        }
        if (taken != snapshotsSeen) {
            snapshotsSeen = taken;
            lastSnapshotNs = now;
            isPurgeDue = true;
        }
        if (isPurgeDue) {
            isPurgeDue = !purge();
            lastCheckNs = isPurgeDue ? now + RETRY_NS : now;
            return 1;
        }
        return request(now);
    }

    /** Asks for a snapshot if it is time. */
    private int request(long now) {
        if (!consensus.isLeader()) {
            return 0;
        }
        long grown = consensus.commitPosition() - lastSnapshotPosition;
        // A snapshot of a large state takes long: not before as much log has come.
        boolean isLong = grown >= Math.max(ctx.snapshotLogLength(), counters.snapshotLength.get());
        boolean isLate = grown > 0 && now - lastSnapshotNs > ctx.snapshotIntervalNs();
        if (!isLong && !isLate) {
            return 0;
        }
        if (!disk.hasRoomForSnapshot()) {
            LOG.warn("namespace member: no room for a snapshot: directory={}", ctx.directory());
            lastCheckNs = now + RETRY_NS;
            return 0;
        }
        if (consensus.toggle(ClusterControl.ToggleState.SNAPSHOT)) {
            // The next one not before this one has had time to be taken.
            lastSnapshotNs = now;
            lastSnapshotPosition = consensus.commitPosition();
            return 1;
        }
        return 0;
    }

    /** Deletes what lies before the snapshots that are kept. @return false to try again. */
    private boolean purge() {
        if (!Files.exists(folder.cluster().resolve(RecordingLog.RECORDING_LOG_FILE_NAME))) {
            return true;
        }
        List<RecordingLog.Entry> snapshots = new ArrayList<>();
        long logRecordingId;
        try (RecordingLog log = new RecordingLog(folder.cluster().toFile(), false)) {
            logRecordingId = log.findLastTermRecordingId();
            for (RecordingLog.Entry entry : log.entries()) {
                if (entry.type == RecordingLog.ENTRY_TYPE_SNAPSHOT && entry.isValid) {
                    snapshots.add(entry);
                }
            }
        }
        List<Long> positions = completePositions(snapshots);
        if (positions.isEmpty()) {
            lastSnapshotPosition = Math.max(lastSnapshotPosition, 0);
            return true;
        }
        lastSnapshotPosition = Math.max(lastSnapshotPosition, positions.getLast());
        if (logRecordingId < 0) {
            return true;
        }
        long keepFrom = positions.size() < KEPT ? 0 : positions.get(positions.size() - KEPT);
        try (AeronArchive archive = archives.get()) {
            purgeLog(archive, logRecordingId, keepFrom);
            purgeSnapshots(archive, snapshots, keepFrom);
            return true;
        } catch (ArchiveException e) {
            // A member that catches up reads there. Next time.
            LOG.info("namespace member: old log is kept for a while: {}", e.getMessage());
            return false;
        }
    }

    /** Positions of snapshots of which consensus module and service are both there, rising. */
    private static List<Long> completePositions(List<RecordingLog.Entry> snapshots) {
        Map<Long, Set<Integer>> parts = new HashMap<>();
        snapshots.forEach(entry -> parts.computeIfAbsent(entry.logPosition, position -> new HashSet<>())
                .add(entry.serviceId));
        return parts.entrySet().stream()
                .filter(entry -> entry.getValue().size() > 1)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    private void purgeLog(AeronArchive archive, long recordingId, long keepFrom) {
        ArchivedRecording found = ArchivedRecording.find(archive, recordingId);
        if (found == null) {
            return;
        }
        long base = keepFrom <= found.startPosition()
                ? found.startPosition()
                : AeronArchive.segmentFileBasePosition(
                        found.startPosition(), keepFrom, found.termLength(), found.segmentLength());
        if (base > found.startPosition()) {
            long segments = archive.purgeSegments(recordingId, base);
            counters.logSegmentsPurged.add(segments);
            LOG.info("namespace member: log purged: from={}, segments={}", base, segments);
        }
        logStart.set(base);
    }

    private void purgeSnapshots(AeronArchive archive, List<RecordingLog.Entry> snapshots, long keepFrom) {
        for (RecordingLog.Entry entry : snapshots) {
            if (entry.logPosition < keepFrom && purged.add(entry.recordingId)) {
                // Its entry in the recording log stays when it is gone, and counts for nothing.
                if (ArchivedRecording.find(archive, entry.recordingId) != null) {
                    archive.purgeRecording(entry.recordingId);
                    counters.snapshotsPurged.increment();
                }
            }
        }
    }
}

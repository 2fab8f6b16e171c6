package org.apollofs.io.chunk;

import java.io.IOException;
import org.apollofs.io.os.Errno;

/**
 * Keeps the journal short: when the file in use is past its bound, records go on in the other one, and a snapshot is written
 * that makes the first superfluous. In slices, on the store's thread, while chunks are written.
 *
 * <p>Generation g is in journal g modulo 2 and snapshot g modulo 2. Snapshot g and journal g are the whole truth; until
 * snapshot g is durable, snapshot g-1 with journals g-1 and g is. So neither is written over before the next switch, which
 * waits for snapshot g.
 */
final class Compaction implements AutoCloseable {
    private enum Phase {
        /** Snapshot g is durable. */
        IDLE,
        /** The journal was changed, and its header is being made durable: nothing may be appended. */
        SYNCING_HEADER,
        /** The snapshot is being written. */
        WRITING,
        /** The snapshot is complete and being made durable. */
        SYNCING_SNAPSHOT,
        /** The disk failed; the store is out of service. */
        FAILED
    }

    /** Dirty bytes after which a sync is queued, so that the last one is short. */
    private static final long SYNC_INTERVAL = 4 << 20;
    /** Dirty bytes after which writing waits, so that chunk writes are not crowded out. */
    private static final long MAX_UNSYNCED = 16 << 20;

    private final StoreParts parts;
    private final SnapshotFile[] snapshots;
    private final SnapshotWriter writer;
    private final int journalBound;
    private Phase phase = Phase.IDLE;
    private boolean syncToQueue;
    private boolean syncInFlight;
    private long syncRequestedBytes;
    private long syncedBytes;

    /**
     * @param snapshots which take turns.
     * @param journalBound bytes of records after which the journal is compacted.
     */
    Compaction(StoreParts parts, SnapshotFile[] snapshots, int journalBound) {
        this.parts = parts;
        this.snapshots = snapshots;
        this.journalBound = journalBound;
        this.writer = new SnapshotWriter(parts.index());
    }

    /** Whether the journal takes records now. */
    boolean mayAppend() {
        return phase != Phase.SYNCING_HEADER && !isSwitchDue();
    }

    /** Nothing to write, and no switch waiting. */
    boolean isIdle() {
        return phase == Phase.IDLE || phase == Phase.FAILED;
    }

    private boolean isSwitchDue() {
        return phase == Phase.IDLE
                && parts.state().isInService()
                && (parts.journal().usedBytes() >= journalBound
                        || !parts.journal().hasRoom());
    }

    private boolean isJournalDurable() {
        return parts.journal().durableSequence() == parts.journal().lastSequence();
    }

    /** Does a slice. */
    int doWork() {
        if (isSwitchDue() && isJournalDurable()) {
            start();
            return 1;
        }
        return switch (phase) {
            case IDLE, FAILED -> 0;
            case SYNCING_HEADER -> queueHeaderSync();
            case WRITING -> write();
            case SYNCING_SNAPSHOT -> queueSnapshotSync();
        };
    }

    /** Changes journals now. Everything appended must be durable and the last compaction over. */
    void start() {
        if (phase != Phase.IDLE) {
            throw new IllegalStateException(
                    "compaction started twice: target=" + parts.targetId() + ", phase=" + phase);
        }
        try {
            parts.journal().switchFile();
        } catch (IOException e) {
            phase = Phase.FAILED;
            parts.counters().increment(StoreCounter.WRITE_ERRORS);
            parts.state().leaveUnsynced("target=" + parts.targetId() + ": " + e.getMessage());
            return;
        }
        phase = Phase.SYNCING_HEADER;
        syncToQueue = true;
        syncInFlight = false;
    }

    /** Writes the snapshot of the journal in use, whose header is durable: recovery found that it was never finished. */
    void resume() {
        beginWriting();
    }

    private int queueHeaderSync() {
        if (syncToQueue && parts.journal().queueSync(parts.device(), Token.of(Token.HEADER_SYNC, 0))) {
            syncToQueue = false;
            return 1;
        }
        return 0;
    }

    /** The header of the journal is durable. */
    void onHeaderSync(int result) {
        if (result < 0) {
            syncFailed("journal header", result);
        } else {
            beginWriting();
        }
    }

    private void beginWriting() {
        phase = Phase.WRITING;
        syncToQueue = false;
        syncInFlight = false;
        syncRequestedBytes = 0;
        syncedBytes = 0;
        ChunkJournal journal = parts.journal();
        JournalHeader header = JournalHeader.ofSnapshot(
                parts.superblock(),
                journal.generation(),
                journal.firstSequence(),
                parts.index().size());
        try {
            writer.begin(file(), header);
        } catch (IOException e) {
            writeFailed(e);
        }
    }

    private SnapshotFile file() {
        return snapshots[ChunkJournal.fileOf(parts.journal().generation())];
    }

    private int write() {
        if (writer.bytes() - syncRequestedBytes >= SYNC_INTERVAL) {
            syncToQueue = true;
        }
        if (writer.bytes() - syncedBytes > MAX_UNSYNCED) {
            return queueSnapshotSync();
        }
        try {
            if (writer.writeNext()) {
                phase = Phase.SYNCING_SNAPSHOT;
                syncToQueue = true;
            }
        } catch (IOException e) {
            writeFailed(e);
            return 1;
        }
        queueSnapshotSync();
        return 1;
    }

    private int queueSnapshotSync() {
        if (syncToQueue && !syncInFlight && file().queueSync(parts.device(), Token.of(Token.SNAPSHOT_SYNC, 0))) {
            syncToQueue = false;
            syncInFlight = true;
            syncRequestedBytes = writer.bytes();
            return 1;
        }
        return 0;
    }

    /** A part of the snapshot, or all of it, is durable. */
    void onSnapshotSync(int result) {
        syncInFlight = false;
        if (result < 0) {
            syncFailed("snapshot", result);
            return;
        }
        syncedBytes = syncRequestedBytes;
        if (phase == Phase.SYNCING_SNAPSHOT && !syncToQueue) {
            phase = Phase.IDLE;
            parts.counters().increment(StoreCounter.COMPACTIONS);
            parts.counters().set(StoreCounter.SNAPSHOT_BYTES, writer.bytes());
        }
    }

    private void syncFailed(String what, int result) {
        phase = Phase.FAILED;
        parts.counters().increment(StoreCounter.SYNC_ERRORS);
        parts.state()
                .leaveUnsynced(what + " sync failed: target=" + parts.targetId() + ", errno=" + Errno.name(result));
    }

    /** What is durable stays so: the snapshot before and both journals are whole. */
    private void writeFailed(IOException e) {
        phase = Phase.FAILED;
        parts.counters().increment(StoreCounter.WRITE_ERRORS);
        parts.state().leave("snapshot failed: target=" + parts.targetId() + ": " + e.getMessage());
    }

    @Override
    public void close() {
        writer.close();
    }
}

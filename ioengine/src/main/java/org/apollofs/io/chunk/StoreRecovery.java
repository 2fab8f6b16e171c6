package org.apollofs.io.chunk;

import java.io.IOException;
import org.apollofs.io.chunk.TargetRefusedException.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes index and space again from snapshot and journals, as {@link Compaction} describes them, and leaves the files so that
 * the journal can go on. Blocks: part of open, before the pipeline runs.
 *
 * <p>What was acknowledged is all there. What was journaled and not surely acknowledged is compared with its checksums on the
 * device: it is kept if it is right, and else left out, with what it would have replaced still in place.
 */
final class StoreRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(StoreRecovery.class);

    private final Superblock superblock;
    private final SyncDevice device;
    private final JournalFile[] journals;
    private final SnapshotFile[] snapshots;
    private final ChunkVerifier verifier;
    private final ChunkEntry entry = new ChunkEntry();
    private final ChunkEntry other = new ChunkEntry();
    private ChunkIndex index;
    private SpaceAllocator space;
    private long generation;
    private long firstSequence;
    private int endPosition;
    private long lastSequence;
    private boolean snapshotMissing;
    private int unfinishedWrites;
    private String overlap;

    StoreRecovery(Superblock superblock, SyncDevice device, JournalFile[] journals, SnapshotFile[] snapshots) {
        this.superblock = superblock;
        this.device = device;
        this.journals = journals;
        this.snapshots = snapshots;
        this.verifier = new ChunkVerifier(superblock, device);
    }

    /**
     * Recovers. On return everything that was found is durable. After an exception {@link #closeResults} frees memory.
     *
     * @throws TargetRefusedException if something durable is damaged or missing.
     */
    void recover() throws IOException {
        JournalHeader[] headers = {header(0), header(1)};
        int newest = headers[0].generation() > headers[1].generation() ? 0 : 1;
        JournalHeader last = headers[newest];
        JournalHeader before = headers[1 - newest];
        if (before.generation() != last.generation() - 1) {
            throw damaged("journals of generations " + before.generation() + " and " + last.generation());
        }
        generation = last.generation();
        firstSequence = last.firstSequence();
        loadSnapshot(before, last);
        JournalFile file = journals[ChunkJournal.fileOf(generation)];
        JournalScan scan = new JournalScan(file, last).scan();
        replay(file, scan.endPosition(), scan.durableSequence());
        endPosition = scan.endPosition();
        lastSequence = scan.lastSequence();
        syncAll();
        if (scan.hasRecordsAfterEnd() || unfinishedWrites > 0) {
            beginAnew();
        }
        makeSpace();
        LOG.info(
                "target recovered: target={}, chunks={}, generation={}, sequence={}, records not surely durable={}, "
                        + "unfinished writes dropped={}, torn tail={}, snapshot missing={}",
                superblock.targetId(),
                index.size(),
                generation,
                lastSequence,
                scan.lastSequence() - scan.durableSequence(),
                unfinishedWrites,
                scan.hasRecordsAfterEnd(),
                snapshotMissing);
    }

    private JournalHeader header(int which) throws TargetRefusedException {
        JournalFile file = journals[which];
        if (!JournalHeader.isIntact(file.buffer())) {
            throw damaged("the header of " + file.name() + " does not verify");
        }
        if (JournalHeader.version(file.buffer()) != JournalHeader.FORMAT_VERSION) {
            throw new TargetRefusedException(
                    Reason.OTHER_VERSION,
                    "target refused: target=" + superblock.targetId() + ": " + file.name() + " of format version "
                            + JournalHeader.version(file.buffer()));
        }
        JournalHeader header = JournalHeader.decode(file.buffer());
        if (!header.belongsTo(superblock, JournalHeader.JOURNAL_MAGIC)
                || ChunkJournal.fileOf(header.generation()) != which) {
            throw damaged(file.name() + " belongs to another target or format: " + header);
        }
        return header;
    }

    /** Loads the snapshot of the last journal, or the one before and what the journal before says. */
    private void loadSnapshot(JournalHeader before, JournalHeader last) throws IOException {
        try {
            load(last);
            return;
        } catch (TargetRefusedException e) {
            if (!last.continues()) {
                throw e;
            }
            LOG.info("snapshot not finished, the one before is used: {}", e.getMessage());
        }
        load(before);
        snapshotMissing = true;
        JournalFile file = journals[ChunkJournal.fileOf(before.generation())];
        JournalScan scan = new JournalScan(file, before).scan();
        if (scan.lastSequence() != last.firstSequence() - 1) {
            throw damaged(file.name() + " ends with record " + scan.lastSequence() + " at " + scan.endPosition()
                    + ", and the next journal begins with " + last.firstSequence());
        }
        replay(file, scan.endPosition(), scan.lastSequence());
    }

    private void load(JournalHeader journal) throws IOException {
        if (index != null) {
            index.close();
        }
        index = new ChunkIndex(superblock.dataLength() / superblock.chunkLength());
        SnapshotFile file = snapshots[ChunkJournal.fileOf(journal.generation())];
        JournalHeader header = new SnapshotReader(superblock, file, journal.generation()).load(index);
        if (header.firstSequence() != journal.firstSequence()) {
            throw damaged(file.name() + " goes on with record " + header.firstSequence() + ", the journal begins with "
                    + journal.firstSequence());
        }
    }

    private void replay(JournalFile file, int end, long durableSequence) throws IOException {
        int at = JournalHeader.LENGTH;
        while (at < end) {
            boolean surelyDurable = JournalRecord.sequence(file.buffer(), at) <= durableSequence;
            if (!apply(file, at, surelyDurable)) {
                throw damaged(file.name() + " has an impossible record: position=" + at + ", sequence="
                        + JournalRecord.sequence(file.buffer(), at));
            }
            at += JournalRecord.alignedLength(file.buffer(), at);
        }
    }

    /** Applies a record. @return false if it makes no sense. */
    private boolean apply(JournalFile file, int at, boolean surelyDurable) {
        return switch (JournalRecord.type(file.buffer(), at)) {
            case JournalRecord.TYPE_WRITE -> applyWrite(file, at, surelyDurable);
            case JournalRecord.TYPE_DELETE -> applyDelete(file, at);
            case JournalRecord.TYPE_MARK -> true;
            default -> false;
        };
    }

    private boolean applyWrite(JournalFile file, int at, boolean surelyDurable) {
        if (!JournalRecord.decodeWrite(file.buffer(), at, entry)
                || entry.offset % SizeClass.lengthOf(entry.order) != 0
                || entry.offset + SizeClass.lengthOf(entry.order) > superblock.dataLength()) {
            return false;
        }
        if (surelyDurable || verifier.isRight(entry)) {
            index.put(entry, other);
        } else {
            leaveOut();
        }
        return true;
    }

    private boolean applyDelete(JournalFile file, int at) {
        if (!JournalRecord.decodeDelete(file.buffer(), at, entry)) {
            return false;
        }
        index.remove(entry.session, entry.stripe, entry.index, other);
        return true;
    }

    /**
     * The write in {@code entry} was not finished. What it was to replace stays, unless that too is wrong: then the write was
     * finished and acknowledged once, its space was freed and used again, and its data was damaged since.
     */
    private void leaveOut() {
        unfinishedWrites++;
        if (index.get(entry.session, entry.stripe, entry.index, other) && !verifier.isRight(other)) {
            index.remove(entry.session, entry.stripe, entry.index, other);
        }
    }

    /** What was read may be no more than the page cache's, after a kill. From here on it counts as durable. */
    private void syncAll() throws IOException {
        device.sync("data sync");
        for (int i = 0; i < journals.length; i++) {
            device.sync("journal sync", journals[i]);
            device.sync("snapshot sync", snapshots[i]);
        }
    }

    /**
     * Leaves the journal behind, since it has records that must not be read again: first a snapshot of the next generation,
     * then the journal that goes on after it. Until that is durable the next recovery does all this again.
     */
    private void beginAnew() throws IOException {
        if (snapshotMissing) {
            writeSnapshot(generation, firstSequence);
            snapshotMissing = false;
        }
        generation++;
        firstSequence = lastSequence + 1;
        writeSnapshot(generation, firstSequence);
        JournalFile file = journals[ChunkJournal.fileOf(generation)];
        file.writeHeader(JournalHeader.ofJournal(superblock, generation, firstSequence, false));
        device.sync("journal header sync", file);
        endPosition = JournalHeader.LENGTH;
    }

    private void writeSnapshot(long ofGeneration, long sequence) throws IOException {
        SnapshotFile file = snapshots[ChunkJournal.fileOf(ofGeneration)];
        try (SnapshotWriter writer = new SnapshotWriter(index)) {
            writer.begin(file, JournalHeader.ofSnapshot(superblock, ofGeneration, sequence, index.size()));
            while (!writer.writeNext()) {
                // One segment after the other.
            }
        }
        device.sync("snapshot sync", file);
    }

    private void makeSpace() throws TargetRefusedException {
        space = new SpaceAllocator(superblock.dataLength(), superblock.maxOrder());
        for (int segment = 0; segment < index.segmentCount() && overlap == null; segment++) {
            index.forEach(segment, entry, this::reserve);
        }
        if (overlap != null) {
            throw damaged("two chunks claim the same space, or none there is: " + overlap);
        }
    }

    private void reserve(ChunkEntry chunk) {
        if (overlap == null && !space.reserve(chunk.offset, chunk.order)) {
            overlap = chunk.toString();
        }
    }

    private TargetRefusedException damaged(String what) {
        return new TargetRefusedException(
                Reason.JOURNAL_DAMAGED, "journal damaged: target=" + superblock.targetId() + ": " + what);
    }

    /** Frees what {@link #recover} made, when the store that would own it does not come to be. */
    void closeResults() {
        if (index != null) {
            index.close();
        }
        if (space != null) {
            space.close();
        }
    }

    ChunkIndex index() {
        return index;
    }

    SpaceAllocator space() {
        return space;
    }

    /** Lets a journal go on where the records end. */
    void resume(ChunkJournal journal) {
        journal.resume(generation, firstSequence, endPosition, lastSequence);
    }

    /** Sequence number of the last record, durable. */
    long lastSequence() {
        return lastSequence;
    }

    /** Whether the snapshot of the journal in use was never finished. */
    boolean isSnapshotMissing() {
        return snapshotMissing;
    }

    /** Writes that were journaled but whose data is not there: never acknowledged. */
    int unfinishedWrites() {
        return unfinishedWrites;
    }
}

package org.apollofs.io.chunk;

import java.io.IOException;
import org.agrona.CloseHelper;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.device.BlockDevice;

/** The steps of {@link ChunkStore#open}, and who closes what if one of them fails. Blocks. */
final class StoreOpening {
    private final ChunkStoreContext context;
    private final JournalFile[] journals = new JournalFile[2];
    private final SnapshotFile[] snapshots = new SnapshotFile[2];
    private StoreFiles files;
    private BlockDevice device;
    private StoreRecovery recovery;

    StoreOpening(ChunkStoreContext context) {
        this.context = context;
        files = context.files();
        device = context.device();
    }

    /** Opens files and device, checks the superblock, recovers. */
    StoreParts recover() throws IOException {
        int targetId = context.targetId();
        if (files == null) {
            files = DirectoryStoreFiles.open(context.directory(), targetId);
        }
        if (device == null) {
            device = ChunkStore.openDevice(context);
        }
        Slab slab = context.slabPool().tryAcquire();
        if (slab == null) {
            throw new IllegalStateException("open failed: target=" + targetId + ": no free slab in the pool");
        }
        try {
            SyncDevice syncDevice = new SyncDevice(device, slab, targetId);
            Superblock superblock = SuperblockFile.read(syncDevice, context.siteId(), targetId);
            for (int i = 0; i < 2; i++) {
                journals[i] = files.openJournal(i);
                snapshots[i] = files.openSnapshot(i);
            }
            checkJournals();
            recovery = new StoreRecovery(superblock, syncDevice, journals, snapshots);
            recovery.recover();
            checkSequence();
            return parts(mark(superblock, syncDevice));
        } finally {
            slab.release();
        }
    }

    /** Both were made equally long: one that is not was cut. */
    private void checkJournals() throws TargetRefusedException {
        int first = journals[0].buffer().capacity();
        int second = journals[1].buffer().capacity();
        if (first != second) {
            throw new TargetRefusedException(
                    TargetRefusedException.Reason.JOURNAL_DAMAGED,
                    "journal damaged: target=" + context.targetId() + ": not as long as at format: lengths=" + first
                            + ", " + second);
        }
    }

    /** Records that were durable once are there. */
    private void checkSequence() throws TargetRefusedException {
        if (recovery.lastSequence() < context.leastSequence()) {
            throw new TargetRefusedException(
                    TargetRefusedException.Reason.OLDER_COPY,
                    "target refused: target=" + context.targetId() + ": it is an older copy: last record="
                            + recovery.lastSequence() + ", it once had " + context.leastSequence());
        }
    }

    /** The target is whole: from here on it is this generation's. */
    private Superblock mark(Superblock superblock, SyncDevice device) throws IOException {
        if (context.mark() == null || context.mark().equals(superblock.mark())) {
            return superblock;
        }
        Superblock marked = superblock.withMark(context.mark());
        SuperblockFile.write(device, marked);
        return marked;
    }

    private StoreParts parts(Superblock superblock) {
        ChunkJournal journal = new ChunkJournal(superblock, journals);
        recovery.resume(journal);
        return new StoreParts(
                superblock,
                device,
                ChunkStore.newRing(context.writeSlots(), superblock.chunkLength()),
                recovery.index(),
                recovery.space(),
                journal,
                new ServiceState(superblock.targetId()),
                new StoreCounters(),
                new StageTimes(),
                context.clock(),
                context.handler());
    }

    boolean isSnapshotMissing() {
        return recovery.isSnapshotMissing();
    }

    StoreFiles files() {
        return files;
    }

    SnapshotFile[] snapshots() {
        return snapshots;
    }

    /** Closes whatever there is, after a failure. */
    void abandon() {
        if (recovery != null) {
            recovery.closeResults();
        }
        CloseHelper.quietCloseAll(device, journals[0], journals[1], snapshots[0], snapshots[1], files);
    }

    /** Closes a store's parts: the device first, since it may still use the files' descriptors. */
    static void close(
            BlockDevice device,
            ChunkJournal journal,
            SnapshotFile[] snapshots,
            StoreFiles files,
            ChunkIndex index,
            SpaceAllocator space) {
        CloseHelper.closeAll(device, journal, snapshots[0], snapshots[1], files, index, space);
    }
}

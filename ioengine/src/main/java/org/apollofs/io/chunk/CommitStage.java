package org.apollofs.io.chunk;

import com.lmax.disruptor.Sequence;
import org.apollofs.io.os.Errno;

/**
 * Fourth stage of the write pipeline, the group commit: one sync of the device and one of the journal, side by side, for all
 * chunks journaled so far, while the next ones are being written. A chunk is committed when both are done.
 *
 * <p>The journal may reach the disk before the data does. That is harmless: until both are there the chunk is not
 * acknowledged, and recovery compares what was not surely durable with its checksums.
 */
final class CommitStage {
    private final StoreParts parts;
    private final JournalStage journal;
    private final long commitBytes;
    private final long commitDelayNs;
    private final Sequence committed = new Sequence();
    private long countedSlots = -1;
    private long oldestNs;
    private long pendingBytes;
    private boolean pendingData;
    private long groupEnd;
    private long groupRecord;
    private boolean dataToQueue;
    private boolean journalToQueue;
    private int syncsInFlight;
    private boolean groupFailed;

    /**
     * @param commitBytes payload that makes a commit worth its price.
     * @param commitDelayNs longest wait for more, while more is on its way.
     */
    CommitStage(StoreParts parts, JournalStage journal, long commitBytes, long commitDelayNs) {
        this.parts = parts;
        this.journal = journal;
        this.commitBytes = commitBytes;
        this.commitDelayNs = commitDelayNs;
    }

    Sequence committed() {
        return committed;
    }

    /** Whether a commit is on its way. */
    boolean isBusy() {
        return syncsInFlight > 0 || dataToQueue || journalToQueue;
    }

    int doWork() {
        int work = count();
        if (!isBusy() && countedSlots > committed.get() && !parts.state().isSyncFailed()) {
            work += startIfDue();
        }
        if (dataToQueue || journalToQueue) {
            work += queueSyncs();
        }
        return work;
    }

    /** Looks at what was journaled since the last time. */
    private int count() {
        long end = journal.sequence().get();
        int work = 0;
        while (countedSlots < end) {
            WriteSlot slot = parts.ring().get(++countedSlots);
            if (slot.failure == null) {
                if (oldestNs == 0) {
                    oldestNs = slot.journaledNs;
                }
                pendingBytes += slot.entry.length;
                pendingData |= !slot.delete;
            }
            work++;
        }
        return work;
    }

    private int startIfDue() {
        if (parts.journal().lastSequence() == parts.journal().durableSequence()) {
            // Failed requests only: nothing to make durable.
            committed.set(countedSlots);
            return 1;
        }
        boolean moreToCome = countedSlots < parts.ring().getCursor() && !journal.isBlocked();
        if (moreToCome && pendingBytes < commitBytes && parts.clock().nanoTime() - oldestNs < commitDelayNs) {
            return 0;
        }
        groupEnd = countedSlots;
        groupRecord = parts.journal().lastSequence();
        dataToQueue = pendingData;
        journalToQueue = true;
        groupFailed = false;
        pendingData = false;
        pendingBytes = 0;
        oldestNs = 0;
        return 1;
    }

    private int queueSyncs() {
        int work = 0;
        if (dataToQueue && parts.device().queueSync(Token.of(Token.DATA_SYNC, 0))) {
            dataToQueue = false;
            syncsInFlight++;
            work++;
        }
        if (journalToQueue && parts.journal().queueSync(parts.device(), Token.of(Token.JOURNAL_SYNC, 0))) {
            journalToQueue = false;
            syncsInFlight++;
            work++;
        }
        return work;
    }

    /** One of the two syncs is over. @param what "data" or "journal". */
    void onSyncCompletion(String what, int result) {
        syncsInFlight--;
        if (result < 0) {
            groupFailed = true;
            parts.counters().increment(StoreCounter.SYNC_ERRORS);
            parts.state()
                    .leaveUnsynced(what + " sync failed: target=" + parts.targetId() + ", errno=" + Errno.name(result));
        }
        if (!isBusy() && !groupFailed && !parts.state().isSyncFailed()) {
            parts.journal().onDurable(groupRecord);
            committed.set(groupEnd);
            parts.counters().increment(StoreCounter.COMMITS);
        }
    }
}

package org.apollofs.io.chunk;

import com.lmax.disruptor.Sequence;

/**
 * Third stage of the write pipeline: appends a record for each chunk whose bytes the device has taken, and for each delete, in
 * the order of the requests. It stands still while a journal is full or being changed for the other.
 */
final class JournalStage {
    private final StoreParts parts;
    private final Sequence submitted;
    private final Compaction compaction;
    private final Sequence sequence = new Sequence();
    private boolean full;
    private boolean blocked;

    JournalStage(StoreParts parts, Sequence submitted, Compaction compaction) {
        this.parts = parts;
        this.submitted = submitted;
        this.compaction = compaction;
    }

    Sequence sequence() {
        return sequence;
    }

    /** Whether the stage stands still until a commit or a snapshot is done: no use in waiting for more. */
    boolean isBlocked() {
        return blocked;
    }

    int doWork() {
        int work = 0;
        blocked = false;
        long next = sequence.get() + 1;
        while (next <= submitted.get()) {
            WriteSlot slot = parts.ring().get(next);
            if (slot.inFlight || (slot.failure == null && !journal(slot))) {
                break;
            }
            sequence.set(next++);
            work++;
        }
        return work;
    }

    private boolean journal(WriteSlot slot) {
        boolean inService = parts.state().isInService();
        if (parts.state().isSyncFailed() || (slot.delete && !inService)) {
            return refuse(slot);
        }
        if (!compaction.mayAppend() || !hasRoom()) {
            blocked = true;
            // Out of service no one makes room any more.
            return !inService && refuse(slot);
        }
        if (slot.delete) {
            parts.journal().appendDelete(slot.entry);
        } else {
            parts.journal().appendWrite(slot.entry);
        }
        parts.counters().increment(StoreCounter.JOURNAL_RECORDS);
        slot.journaledNs = parts.clock().nanoTime();
        return true;
    }

    private boolean refuse(WriteSlot slot) {
        parts.counters().increment(StoreCounter.OUT_OF_SERVICE);
        slot.fail(ChunkStatus.OUT_OF_SERVICE, parts.state().reason());
        return true;
    }

    private boolean hasRoom() {
        boolean room = parts.journal().hasRoom();
        if (!room && !full) {
            parts.counters().increment(StoreCounter.JOURNAL_FULL);
        }
        full = !room;
        return room;
    }
}

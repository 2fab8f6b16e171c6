package org.apollofs.io.chunk;

import com.lmax.disruptor.Sequence;

/**
 * Last stage of the write pipeline: puts committed chunks into the index, in the order of the requests, frees what they
 * replaced, and answers. Frees the slots.
 */
final class AcknowledgeStage {
    private final StoreParts parts;
    private final Sequence journaled;
    private final CommitStage commit;
    private final ReadPath reads;
    private final PendingFrees frees;
    private final Sequence sequence = new Sequence();
    private final ChunkEntry replaced = new ChunkEntry();

    AcknowledgeStage(StoreParts parts, Sequence journaled, CommitStage commit, ReadPath reads, PendingFrees frees) {
        this.parts = parts;
        this.journaled = journaled;
        this.commit = commit;
        this.reads = reads;
        this.frees = frees;
    }

    Sequence sequence() {
        return sequence;
    }

    int doWork() {
        int work = 0;
        long next = sequence.get() + 1;
        while (next <= journaled.get()) {
            WriteSlot slot = parts.ring().get(next);
            if (slot.failure == null && next > commit.committed().get()) {
                if (!parts.state().isSyncFailed() || commit.isBusy()) {
                    break;
                }
                slot.fail(ChunkStatus.IO_ERROR, parts.state().reason());
            }
            answer(slot);
            sequence.set(next++);
            work++;
        }
        if (!frees.isEmpty()) {
            frees.release(reads.oldestRead());
        }
        return work;
    }

    /** Fails everything that was taken, wherever it is. */
    void abandon() {
        for (long next = sequence.get() + 1; next <= parts.ring().getCursor(); next++) {
            WriteSlot slot = parts.ring().get(next);
            slot.fail(ChunkStatus.OUT_OF_SERVICE, parts.state().reason());
            answer(slot);
            sequence.set(next);
        }
    }

    private void answer(WriteSlot slot) {
        if (slot.failure != null) {
            if (slot.hasSpace && parts.state().isInService()) {
                throw new IllegalStateException(
                        "space lost: target=" + parts.targetId() + ", " + VerifyStage.nameOf(slot));
            }
            parts.handler().onWriteFailed(slot.owner, slot.correlationId, slot.failure, slot.message, slot.payload);
        } else if (slot.delete) {
            applyDelete(slot);
            parts.handler().onDeleted(slot.owner, slot.correlationId);
        } else {
            applyWrite(slot);
            parts.handler().onWritten(slot.owner, slot.correlationId, slot.payload);
        }
        slot.payload = null;
    }

    private void applyDelete(WriteSlot slot) {
        ChunkEntry name = slot.entry;
        if (parts.index().remove(name.session, name.stripe, name.index, replaced)) {
            parts.counters().increment(StoreCounter.CHUNKS_DELETED);
            frees.free(replaced, reads.lastRead(), reads.oldestRead());
        }
    }

    private void applyWrite(WriteSlot slot) {
        if (parts.index().put(slot.entry, replaced)) {
            parts.counters().increment(StoreCounter.CHUNKS_REPLACED);
            frees.free(replaced, reads.lastRead(), reads.oldestRead());
        }
        parts.counters().increment(StoreCounter.CHUNKS_WRITTEN);
        parts.counters().add(StoreCounter.BYTES_WRITTEN, slot.entry.length);
        parts.counters().add(StoreCounter.PAYLOAD_SPACE_BYTES, SizeClass.lengthOf(slot.entry.order));
        long nowNs = parts.clock().nanoTime();
        parts.times().record(StoreStage.JOURNAL, nowNs - slot.journaledNs);
        parts.times().record(StoreStage.TOTAL, nowNs - slot.offeredNs);
    }
}

package org.apollofs.io.chunk;

import com.lmax.disruptor.Sequence;
import org.apollofs.io.checksum.Crc32c;

/**
 * First stage of the write pipeline: checks a request's bounds and compares its payload with its checksums, before anything
 * is done for it.
 */
final class VerifyStage {
    /**
     * Payload a duty cycle: little, so that the device gets the first chunks while the next are being looked at, and enough
     * that small chunks reach it side by side, to be merged.
     */
    private static final int BATCH_BYTES = 1 << 20;

    private final StoreParts parts;
    private final Crc32c crc = new Crc32c();
    private final Sequence sequence = new Sequence();

    VerifyStage(StoreParts parts) {
        this.parts = parts;
    }

    Sequence sequence() {
        return sequence;
    }

    int doWork() {
        long next = sequence.get() + 1;
        long last = parts.ring().getCursor();
        int work = 0;
        int bytes = 0;
        while (next <= last && bytes < BATCH_BYTES) {
            WriteSlot slot = parts.ring().get(next);
            verify(slot);
            bytes += Math.max(SizeClass.UNIT_LENGTH, slot.entry.length);
            sequence.set(next++);
            work++;
        }
        return work;
    }

    private void verify(WriteSlot slot) {
        long startNs = parts.clock().nanoTime();
        parts.times().record(StoreStage.WAIT, startNs - slot.offeredNs);
        String broken = brokenBound(slot);
        if (broken != null) {
            parts.counters().increment(StoreCounter.INVALID_REQUESTS);
            slot.fail(ChunkStatus.INVALID, broken);
        } else if (!parts.state().isInService()) {
            parts.counters().increment(StoreCounter.OUT_OF_SERVICE);
            slot.fail(ChunkStatus.OUT_OF_SERVICE, parts.state().reason());
        } else if (!slot.delete) {
            verifyPayload(slot);
            parts.times().record(StoreStage.VERIFY, parts.clock().nanoTime() - startNs);
        }
    }

    private void verifyPayload(WriteSlot slot) {
        int block = crc.verifyBlocks(
                slot.payload.buffer(), 0, slot.entry.length, SizeClass.UNIT_LENGTH, slot.entry.checksums, 0);
        if (block != Crc32c.ALL_MATCH) {
            parts.counters().increment(StoreCounter.CHECKSUM_MISMATCHES);
            slot.fail(
                    ChunkStatus.CHECKSUM_MISMATCH,
                    "checksum mismatch on arrival: target=" + parts.targetId() + ", " + nameOf(slot) + ", length="
                            + slot.entry.length + ", block=" + block);
        }
    }

    private String brokenBound(WriteSlot slot) {
        ChunkEntry entry = slot.entry;
        if (entry.session <= 0 || entry.stripe < 0 || entry.index < 0 || entry.index > ChunkIndex.MAX_INDEX) {
            return "invalid name: target=" + parts.targetId() + ", " + nameOf(slot);
        }
        if (slot.delete) {
            return null;
        }
        int chunkLength = parts.superblock().chunkLength();
        if (entry.length < 1 || entry.length > chunkLength) {
            return "invalid length: target=" + parts.targetId() + ", " + nameOf(slot) + ", length=" + entry.length
                    + " (1 to " + chunkLength + ")";
        }
        if (slot.checksumBytes != entry.checksumCount() * Integer.BYTES) {
            return "invalid checksums: target=" + parts.targetId() + ", " + nameOf(slot) + ", length=" + entry.length
                    + ", bytes of checksums=" + slot.checksumBytes;
        }
        if (SubmitStage.paddedLength(entry.length) > slot.payload.capacity()) {
            return "slab too small: target=" + parts.targetId() + ", " + nameOf(slot) + ", length=" + entry.length
                    + ", slab=" + slot.payload.capacity();
        }
        return null;
    }

    static String nameOf(WriteSlot slot) {
        return "session=" + slot.entry.session + ", stripe=" + slot.entry.stripe + ", index=" + slot.entry.index;
    }
}

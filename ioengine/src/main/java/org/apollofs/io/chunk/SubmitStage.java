package org.apollofs.io.chunk;

import com.lmax.disruptor.Sequence;
import org.apollofs.io.os.Errno;

/**
 * Second stage of the write pipeline: takes space for a chunk, pads it to the device's block and queues the write. Completions
 * come in any order; the next stage waits for each.
 */
final class SubmitStage {
    /** Chunks are padded to this on the device: every sector size divides it. */
    static final int PAD_LENGTH = 4096;

    private final StoreParts parts;
    private final Sequence verified;
    private final Sequence sequence = new Sequence();
    private boolean stalled;

    SubmitStage(StoreParts parts, Sequence verified) {
        this.parts = parts;
        this.verified = verified;
    }

    static int paddedLength(int length) {
        return (length + PAD_LENGTH - 1) & -PAD_LENGTH;
    }

    Sequence sequence() {
        return sequence;
    }

    int doWork() {
        int work = 0;
        long next = sequence.get() + 1;
        while (next <= verified.get()) {
            WriteSlot slot = parts.ring().get(next);
            if (!slot.delete && slot.failure == null && !submit(next, slot)) {
                break;
            }
            sequence.set(next++);
            work++;
        }
        return work;
    }

    private boolean submit(long slotSequence, WriteSlot slot) {
        if (!parts.state().isInService()) {
            parts.counters().increment(StoreCounter.OUT_OF_SERVICE);
            slot.fail(ChunkStatus.OUT_OF_SERVICE, parts.state().reason());
            return true;
        }
        if (!parts.deviceHasRoom()) {
            if (!stalled) {
                parts.counters().increment(StoreCounter.DEVICE_QUEUE_FULL);
            }
            stalled = true;
            return false;
        }
        stalled = false;
        ChunkEntry entry = slot.entry;
        if (!slot.hasSpace && !takeSpace(slot)) {
            return true;
        }
        int padded = paddedLength(entry.length);
        // What lay in the slab before is nobody's business on the disk.
        slot.payload.buffer().setMemory(entry.length, padded - entry.length, (byte) 0);
        long deviceOffset = parts.superblock().dataOffset() + entry.offset;
        if (!parts.device().queueWrite(Token.of(Token.WRITE, slotSequence), deviceOffset, slot.payload, 0, padded)) {
            return false;
        }
        slot.inFlight = true;
        slot.submittedNs = parts.clock().nanoTime();
        return true;
    }

    private boolean takeSpace(WriteSlot slot) {
        ChunkEntry entry = slot.entry;
        entry.order = SizeClass.orderOf(entry.length);
        long offset = parts.space().allocate(entry.order);
        if (offset == SpaceAllocator.NO_SPACE) {
            parts.counters().increment(StoreCounter.NO_SPACE);
            slot.fail(
                    ChunkStatus.NO_SPACE,
                    "no space: target=" + parts.targetId() + ", length=" + entry.length + ", free="
                            + parts.space().freeBytes() + ", largest free block="
                            + parts.space().largestFreeLength());
            return false;
        }
        entry.offset = offset;
        slot.hasSpace = true;
        return true;
    }

    /** The device is done with a slot. @param result as of a completion. */
    void onCompletion(WriteSlot slot, int result) {
        slot.inFlight = false;
        slot.deviceDoneNs = parts.clock().nanoTime();
        if (result >= 0) {
            parts.times().record(StoreStage.DEVICE, slot.deviceDoneNs - slot.submittedNs);
            return;
        }
        String message = "write failed: target=" + parts.targetId() + ", offset="
                + (parts.superblock().dataOffset() + slot.entry.offset) + ", length="
                + paddedLength(slot.entry.length) + ", errno=" + Errno.name(result);
        if (result == -Errno.ENOSPC) {
            parts.counters().increment(StoreCounter.NO_SPACE);
            parts.space().free(slot.entry.offset, slot.entry.order);
            slot.hasSpace = false;
            slot.fail(ChunkStatus.NO_SPACE, message);
        } else {
            // The space stays taken: the device may yet do to it what it likes.
            parts.counters().increment(StoreCounter.WRITE_ERRORS);
            slot.fail(ChunkStatus.IO_ERROR, message);
            parts.state().leave(message);
        }
    }
}

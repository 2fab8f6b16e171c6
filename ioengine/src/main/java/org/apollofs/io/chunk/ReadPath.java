package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.Errno;

/**
 * Reads of a store: finds the chunk, reads whole checksum blocks into the caller's slab, answers. A read sees the chunk as it
 * was acknowledged last when the read was offered: one that is still being written is not there yet, one that is being
 * replaced or deleted still is.
 */
final class ReadPath {
    private final StoreParts parts;
    private final ReadSlot[] slots;
    private final int[] freeSlots;
    private final int[] queued;
    private final ChunkEntry entry = new ChunkEntry();
    private int freeCount;
    private int queuedHead;
    private int queuedCount;
    private long lastRead;

    /** @param slotCount reads that may be on their way. */
    ReadPath(StoreParts parts, int slotCount) {
        this.parts = parts;
        slots = new ReadSlot[slotCount];
        freeSlots = new int[slotCount];
        queued = new int[slotCount];
        for (int i = 0; i < slotCount; i++) {
            slots[i] = new ReadSlot(i, parts.superblock().chunkLength());
            freeSlots[slotCount - 1 - i] = i;
        }
        freeCount = slotCount;
    }

    /** Takes a read. @return false if all slots are in use. */
    boolean offer(
            long owner,
            long correlationId,
            long session,
            long stripe,
            int index,
            int chunkOffset,
            int length,
            Slab destination) {
        if (freeCount == 0) {
            parts.counters().increment(StoreCounter.READ_SLOTS_FULL);
            return false;
        }
        if (!parts.index().get(session, stripe, index, entry)) {
            parts.counters().increment(StoreCounter.READS_NOT_FOUND);
            fail(
                    owner,
                    correlationId,
                    ChunkStatus.NOT_FOUND,
                    "no such chunk: target=" + parts.targetId() + ", session=" + session + ", stripe=" + stripe
                            + ", index=" + index,
                    destination);
            return true;
        }
        int start = chunkOffset & -SizeClass.UNIT_LENGTH;
        long wanted = Math.min(entry.length, (long) chunkOffset + length);
        int end = (int) Math.min(entry.length, (wanted + SizeClass.UNIT_LENGTH - 1) & -SizeClass.UNIT_LENGTH);
        if (chunkOffset < 0
                || length < 1
                || chunkOffset >= entry.length
                || SubmitStage.paddedLength(end - start) > destination.capacity()) {
            parts.counters().increment(StoreCounter.INVALID_REQUESTS);
            fail(
                    owner,
                    correlationId,
                    ChunkStatus.INVALID,
                    "invalid range: target=" + parts.targetId() + ", " + entry
                            + ", chunkOffset=" + chunkOffset + ", wanted=" + length + ", slab="
                            + destination.capacity(),
                    destination);
            return true;
        }
        ReadSlot slot = slots[freeSlots[--freeCount]];
        slot.owner = owner;
        slot.correlationId = correlationId;
        slot.destination = destination;
        slot.offeredNs = parts.clock().nanoTime();
        slot.number = ++lastRead;
        slot.keep(entry, start, end);
        queued[(queuedHead + queuedCount++) % queued.length] = slot.slotIndex;
        return true;
    }

    private void fail(long owner, long correlationId, ChunkStatus status, String message, Slab destination) {
        parts.handler().onReadFailed(owner, correlationId, status, message, destination);
    }

    int doWork() {
        int work = 0;
        while (queuedCount > 0 && parts.deviceHasRoom()) {
            ReadSlot slot = slots[queued[queuedHead]];
            if (!parts.device()
                    .queueRead(
                            Token.of(Token.READ, slot.slotIndex),
                            parts.superblock().dataOffset() + slot.dataOffset,
                            slot.destination,
                            0,
                            SubmitStage.paddedLength(slot.length))) {
                break;
            }
            queuedHead = (queuedHead + 1) % queued.length;
            queuedCount--;
            work++;
        }
        return work;
    }

    /** The device is done with a read. */
    void onCompletion(int slotIndex, int result) {
        ReadSlot slot = slots[slotIndex];
        Slab destination = slot.destination;
        if (result < 0) {
            parts.counters().increment(StoreCounter.READ_ERRORS);
            release(slot);
            fail(
                    slot.owner,
                    slot.correlationId,
                    ChunkStatus.IO_ERROR,
                    "read failed: target=" + parts.targetId()
                            + ", offset=" + (parts.superblock().dataOffset() + slot.dataOffset) + ", length="
                            + SubmitStage.paddedLength(slot.length) + ", errno=" + Errno.name(result),
                    destination);
            return;
        }
        parts.counters().increment(StoreCounter.READS);
        parts.counters().add(StoreCounter.BYTES_READ, slot.length);
        parts.times().record(StoreStage.READ, parts.clock().nanoTime() - slot.offeredNs);
        UnsafeBuffer checksums = slot.checksumView;
        // Released after the answer: a read offered from there must not use this slot.
        parts.handler()
                .onRead(
                        slot.owner,
                        slot.correlationId,
                        destination,
                        slot.blockOffset,
                        slot.length,
                        checksums,
                        slot.chunkLength,
                        slot.stripeLengthView);
        release(slot);
    }

    /** Fails everything that was taken, wherever it is. */
    void abandon() {
        for (ReadSlot slot : slots) {
            if (slot.number != 0) {
                Slab destination = slot.destination;
                release(slot);
                fail(
                        slot.owner,
                        slot.correlationId,
                        ChunkStatus.OUT_OF_SERVICE,
                        parts.state().reason(),
                        destination);
            }
        }
    }

    private void release(ReadSlot slot) {
        slot.number = 0;
        slot.destination = null;
        freeSlots[freeCount++] = slot.slotIndex;
    }

    /** Number of the read that was begun last. */
    long lastRead() {
        return lastRead;
    }

    /** Number of the oldest read that is not over; one more than the last, if there is none. */
    long oldestRead() {
        long oldest = lastRead + 1;
        if (freeCount < slots.length) {
            for (ReadSlot slot : slots) {
                if (slot.number != 0 && slot.number < oldest) {
                    oldest = slot.number;
                }
            }
        }
        return oldest;
    }

    boolean isIdle() {
        return freeCount == slots.length;
    }
}

package org.apollofs.dataplane.repair;

import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.dataplane.stripe.ParityCodes;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * Looks at all chunks of one stripe and, if it may, writes those that are missing or bad: read, settle, rebuild, write. It
 * takes no time-out for an answer: each request is answered once by its lane. Repair's thread.
 *
 * <p>Whole is a stripe of which each chunk was read and is right, or was written and acknowledged.
 */
final class StripeOperation {
    /** How it ended. */
    enum Outcome {
        /** All chunks were there, and right. */
        WHOLE,
        /** All that was missing was written, and acknowledged. */
        REPAIRED,
        /** Something is missing, and this operation may not write. */
        TO_REPAIR,
        /** Chunks are left that could not be written: a target is full, or does not answer. */
        WAITING,
        /** Too few chunks are there, or they contradict each other. */
        HOPELESS,
        /** No target has any chunk of it: its file is gone, it seems. */
        GONE
    }

    private enum Phase {
        READING,
        WRITING,
        DONE
    }

    private final RepairLanes lanes;
    private final RepairBuffers buffers;
    private final RepairItem item;
    private final PlacementTable table;
    private final boolean mayWrite;
    private final int[] group;
    private final Slab[] slabs;
    private final StripeChunks chunks;
    private final ChunkSlot[] slots;
    private final ChunkWrite[] writes;
    private final List<Integer> damagedTargets = new ArrayList<>();
    private Phase phase = Phase.READING;
    private int unsent;
    private int asked;
    private int lost;
    private int acknowledgedMask;
    private int writtenMask;
    private int leftMask;
    private long bytesMoved;
    private Outcome outcome;
    private String note;
    private int fullTarget = -1;

    /**
     * @param slabs k+m+1 of {@code buffers}, taken over.
     * @param mayWrite whether a file is known to refer to the stripe, so that its chunks may be made.
     */
    StripeOperation(
            RepairLanes lanes,
            RepairBuffers buffers,
            ParityCodes codes,
            RepairItem item,
            PlacementTable table,
            Slab[] slabs,
            boolean mayWrite) {
        this.lanes = lanes;
        this.buffers = buffers;
        this.item = item;
        this.table = table;
        this.mayWrite = mayWrite;
        this.group = table.group(item.name().stripe());
        this.slabs = slabs;
        this.chunks = new StripeChunks(codes, table.dataChunks(), table.parityChunks(), slabs);
        this.slots = new ChunkSlot[group.length];
        this.writes = new ChunkWrite[group.length];
        this.unsent = (1 << group.length) - 1;
        this.asked = unsent;
        for (int i = 0; i < group.length; i++) {
            slots[i] = new ChunkSlot(buffers);
        }
    }

    RepairItem item() {
        return item;
    }

    PlacementTable table() {
        return table;
    }

    boolean isDone() {
        return phase == Phase.DONE;
    }

    Outcome outcome() {
        return outcome;
    }

    /** What is wrong, or null. */
    String note() {
        return note;
    }

    /** Whether it repairs; else it only looks. */
    boolean mayWrite() {
        return mayWrite;
    }

    /** Bits of the chunks that were written and acknowledged. */
    int acknowledgedMask() {
        return acknowledgedMask;
    }

    /** Bits of the chunks that were written, or may have been. */
    int writtenMask() {
        return writtenMask;
    }

    /** Chunks that were missing or bad when it began. */
    int lost() {
        return lost;
    }

    /** Bits of the chunks that are missing or bad still. */
    int leftMask() {
        return leftMask;
    }

    /** Bytes read and written. */
    long bytesMoved() {
        return bytesMoved;
    }

    /** A target that had no space, or -1. */
    int fullTarget() {
        return fullTarget;
    }

    /** Whether a chunk is bad that is there all the same, so that no survey misses it. */
    boolean hasBadChunks() {
        for (int rest = leftMask; rest != 0; rest &= rest - 1) {
            ChunkCondition condition = chunks.condition(Integer.numberOfTrailingZeros(rest));
            if (condition == ChunkCondition.DAMAGED || condition == ChunkCondition.STALE) {
                return true;
            }
        }
        return false;
    }

    /** Targets that gave a chunk that was unreadable or not as its checksums say. */
    List<Integer> damagedTargets() {
        return damagedTargets;
    }

    /** Goes on as far as it can. @return work done. */
    int advance() {
        return switch (phase) {
            case READING -> read();
            case WRITING -> write();
            case DONE -> 0;
        };
    }

    private int read() {
        int work = 0;
        for (int rest = unsent; rest != 0; rest &= rest - 1) {
            work += ask(Integer.numberOfTrailingZeros(rest));
        }
        if (unsent != 0 || !areAnswered(asked)) {
            return work;
        }
        for (int i = 0; i < group.length; i++) {
            take(i);
        }
        settle();
        return work + 1;
    }

    private int ask(int index) {
        ChunkSlot slot = slots[index];
        slot.onAsking();
        StripeName name = item.name();
        long status = lanes.readChunk(
                group[index], slot, name.session(), name.stripe(), index, 0, buffers.slabLength(), slabs[index]);
        if (status != Lane.SENT) {
            slot.onNotSent(ErrorCode.UNREACHABLE, "not connected");
            if (status == Lane.BACK_PRESSURED) {
                return 0;
            }
        }
        unsent &= ~(1 << index);
        return 1;
    }

    private boolean areAnswered(int mask) {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
            if (!slots[Integer.numberOfTrailingZeros(rest)].isAnswered()) {
                return false;
            }
        }
        return true;
    }

    private void take(int index) {
        ChunkSlot slot = slots[index];
        if (slot.error() == null && slot.isWhole()) {
            chunks.read(index, slot.length(), slot.checksums(), slot.stripeLengths());
            bytesMoved += slot.length();
        } else {
            chunks.set(index, conditionOf(slot));
            if (chunks.condition(index) == ChunkCondition.UNREACHABLE) {
                note = "target " + group[index] + ": " + slot.message();
            }
        }
        if (chunks.condition(index) == ChunkCondition.DAMAGED) {
            damagedTargets.add(group[index]);
        }
    }

    private static ChunkCondition conditionOf(ChunkSlot slot) {
        if (slot.error() == null) {
            return ChunkCondition.UNREACHABLE;
        }
        return switch (slot.error()) {
            case NOT_FOUND -> ChunkCondition.ABSENT;
            case IO_ERROR, CHECKSUM_MISMATCH -> ChunkCondition.DAMAGED;
            case NO_SPACE, INVALID, OUT_OF_SERVICE, UNREACHABLE, REFUSED -> ChunkCondition.UNREACHABLE;
        };
    }

    private void settle() {
        if (isGone()) {
            end(Outcome.GONE);
            return;
        }
        boolean settled = chunks.settle(item.referenced());
        int replaceable = 0;
        for (int i = 0; i < group.length; i++) {
            ChunkCondition condition = chunks.condition(i);
            if (!condition.isUsable()) {
                leftMask |= 1 << i;
                replaceable |= condition.isReplaceable() ? 1 << i : 0;
            }
        }
        lost = Integer.bitCount(replaceable);
        if (!settled) {
            boolean mayReturn = note != null && !isEnoughGone();
            note = item.name() + ": " + chunks.problem() + (note == null ? "" : " (" + note + ")");
            end(!mayWrite ? Outcome.TO_REPAIR : mayReturn ? Outcome.WAITING : Outcome.HOPELESS);
        } else if (leftMask == 0) {
            end(Outcome.WHOLE);
        } else if (replaceable == 0) {
            end(Outcome.WAITING);
        } else if (!mayWrite) {
            end(Outcome.TO_REPAIR);
        } else {
            rebuild(replaceable);
        }
    }

    /** Whether it is past help even if all targets that do not answer came back with their chunks. */
    private boolean isEnoughGone() {
        int gone = 0;
        for (int i = 0; i < group.length; i++) {
            gone += chunks.condition(i).isReplaceable() ? 1 : 0;
        }
        return gone > table.parityChunks();
    }

    private boolean isGone() {
        for (int i = 0; i < group.length; i++) {
            if (chunks.condition(i) != ChunkCondition.ABSENT) {
                return false;
            }
        }
        return true;
    }

    private void rebuild(int mask) {
        UnsafeBuffer stripeLengths = chunks.stripeLengths();
        for (int rest = mask; rest != 0; rest &= rest - 1) {
            int index = Integer.numberOfTrailingZeros(rest);
            UnsafeBuffer checksums = chunks.rebuild(index);
            if (checksums == null) {
                note = item.name() + ": " + chunks.problem();
                end(Outcome.HOPELESS);
                return;
            }
            writes[index] = new ChunkWrite(
                    slots[index],
                    item.name(),
                    index,
                    slabs[index].buffer(),
                    chunks.lengthOf(index),
                    checksums,
                    index < table.dataChunks() ? null : stripeLengths);
        }
        unsent = mask;
        asked = mask;
        note = null;
        phase = Phase.WRITING;
    }

    private int write() {
        int work = 0;
        for (int rest = unsent; rest != 0; rest &= rest - 1) {
            work += send(Integer.numberOfTrailingZeros(rest));
        }
        if (unsent != 0 || !areAnswered(asked)) {
            return work;
        }
        for (int rest = asked; rest != 0; rest &= rest - 1) {
            onWritten(Integer.numberOfTrailingZeros(rest));
        }
        end(leftMask == 0 ? Outcome.REPAIRED : Outcome.WAITING);
        return work + 1;
    }

    private int send(int index) {
        slots[index].onAsking();
        long status = lanes.writeChunk(group[index], writes[index]);
        if (status != Lane.SENT) {
            slots[index].onNotSent(ErrorCode.UNREACHABLE, "not connected");
            if (status == Lane.BACK_PRESSURED) {
                return 0;
            }
        }
        unsent &= ~(1 << index);
        return 1;
    }

    private void onWritten(int index) {
        ChunkSlot slot = slots[index];
        int bit = 1 << index;
        if (slot.error() == null) {
            acknowledgedMask |= bit;
            writtenMask |= bit;
            leftMask &= ~bit;
            bytesMoved += chunks.lengthOf(index);
            return;
        }
        note = "target " + group[index] + ": " + slot.error() + ": " + slot.message();
        if (slot.error() == ErrorCode.UNREACHABLE) {
            // It may have come to pass.
            writtenMask |= bit;
        } else if (slot.error() == ErrorCode.NO_SPACE) {
            fullTarget = group[index];
        }
    }

    private void end(Outcome how) {
        outcome = how;
        phase = Phase.DONE;
        buffers.release(slabs);
    }

    /** Ends it where it is; answers that come later find nobody. The slabs stay out until then. */
    void abandon() {
        for (ChunkWrite write : writes) {
            if (write != null) {
                lanes.abandon(write);
            }
        }
    }
}

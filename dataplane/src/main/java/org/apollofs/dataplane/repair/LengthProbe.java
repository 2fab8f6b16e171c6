package org.apollofs.dataplane.repair;

import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/** Asks a parity chunk of a stripe which data chunks the stripe has: the first block of it brings their lengths. */
final class LengthProbe {
    private final RepairLanes lanes;
    private final RepairBuffers buffers;
    private final Slab[] slabs;
    private final ChunkSlot slot;
    private int entry = StripeTable.NONE;
    private long session;
    private long stripe;
    private int[] group;
    private int index;
    private boolean sent;

    /** @param slabs one of a checksum block. */
    LengthProbe(RepairLanes lanes, RepairBuffers buffers, Slab[] slabs) {
        this.lanes = lanes;
        this.buffers = buffers;
        this.slabs = slabs;
        this.slot = new ChunkSlot(buffers);
    }

    boolean isIdle() {
        return entry == StripeTable.NONE;
    }

    /** The entry that it was begun for. */
    int entry() {
        return entry;
    }

    /** @param present bits of the chunks that are there; one of parity is among them. */
    void begin(int tableEntry, long ofSession, long ofStripe, PlacementTable placement, int present) {
        entry = tableEntry;
        session = ofSession;
        stripe = ofStripe;
        group = placement.group(ofStripe);
        index = Integer.numberOfTrailingZeros(present & -1 << placement.dataChunks());
        sent = false;
    }

    /** @return whether an answer has come, or none will. */
    boolean advance() {
        if (!sent) {
            slot.onAsking();
            long status = lanes.readChunk(group[index], slot, session, stripe, index, 0, 1, slabs[0]);
            sent = status != Lane.BACK_PRESSURED;
            if (status != Lane.SENT) {
                slot.onNotSent(ErrorCode.UNREACHABLE, "not connected");
            }
        }
        return sent && slot.isAnswered();
    }

    /** Bits of the data chunks that the stripe never had; 0 if that is not known. */
    int holes(int dataChunks) {
        entry = StripeTable.NONE;
        byte[] lengths = slot.stripeLengths();
        if (slot.error() != null || lengths.length != dataChunks * Integer.BYTES) {
            return 0;
        }
        int holes = 0;
        for (int i = 0; i < dataChunks; i++) {
            int at = i * Integer.BYTES;
            holes |= (lengths[at] | lengths[at + 1] | lengths[at + 2] | lengths[at + 3]) == 0 ? 1 << i : 0;
        }
        return holes;
    }

    /** Gives its slab back. */
    void close() {
        buffers.release(slabs);
    }
}

package org.apollofs.io.chunk;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;

/**
 * A preallocated place in the write pipeline: one write or delete on its way from offer to answer. Each stage owns it while it
 * lies between its sequence and the one of the stage before.
 */
final class WriteSlot {
    /** Name, place and checksums; the buffers view the slot's own memory. */
    final ChunkEntry entry = new ChunkEntry();

    private final UnsafeBuffer checksums;
    private final UnsafeBuffer stripeLengths =
            new UnsafeBuffer(new byte[ChunkIndex.MAX_STRIPE_LENGTHS * Integer.BYTES]);

    long owner;
    long correlationId;
    boolean delete;
    Slab payload;
    /** Bytes of checksums that came with the request, for validation. */
    int checksumBytes;
    /** Whether {@code entry.offset} is space taken for this write. */
    boolean hasSpace;
    /** Whether the device has the slab. */
    boolean inFlight;
    /** Null while all goes well. */
    ChunkStatus failure;

    String message;
    long offeredNs;
    long submittedNs;
    long deviceDoneNs;
    long journaledNs;

    /** @param chunkLength largest payload. */
    WriteSlot(int chunkLength) {
        checksums = new UnsafeBuffer(new byte[ChunkEntry.checksumCount(chunkLength) * Integer.BYTES]);
    }

    /** Starts a write. Bounds are checked by the first stage: what does not fit is not copied. */
    void write(
            Slab slab,
            int length,
            DirectBuffer checksumSource,
            int checksumLength,
            DirectBuffer lengths,
            int lengthsBytes) {
        delete = false;
        payload = slab;
        entry.length = length;
        entry.offset = 0;
        checksumBytes = checksumLength;
        int kept = Math.min(checksumLength, checksums.capacity());
        checksums.putBytes(0, checksumSource, 0, kept);
        entry.checksums.wrap(checksums, 0, kept);
        int keptLengths = Math.min(lengthsBytes, stripeLengths.capacity());
        if (keptLengths > 0) {
            stripeLengths.putBytes(0, lengths, 0, keptLengths);
        }
        entry.stripeLengths.wrap(stripeLengths, 0, keptLengths);
    }

    /** Starts a delete. */
    void delete() {
        delete = true;
        payload = null;
        entry.length = 0;
        entry.offset = 0;
    }

    /** Names the request. */
    void name(long newOwner, long newCorrelationId, long session, long stripe, int index, long nowNs) {
        owner = newOwner;
        correlationId = newCorrelationId;
        entry.session = session;
        entry.stripe = stripe;
        entry.index = index;
        hasSpace = false;
        inFlight = false;
        failure = null;
        message = null;
        offeredNs = nowNs;
    }

    /** Notes the first failure; later ones are consequences. */
    void fail(ChunkStatus status, String what) {
        if (failure == null) {
            failure = status;
            message = what;
        }
    }
}

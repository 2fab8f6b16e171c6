package org.apollofs.dataplane.repair;

import org.agrona.DirectBuffer;
import org.apollofs.dataplane.stripe.Request;
import org.apollofs.dataplane.stripe.RequestListener;

/** A chunk to be written under its own name. Repair's thread. */
public final class ChunkWrite {
    final RequestListener listener;
    final StripeName stripe;
    final int index;
    final DirectBuffer payload;
    final int length;
    final DirectBuffer checksums;
    final DirectBuffer stripeLengths;
    /** The slot of a write that a lane has not taken, or not all of. */
    Request request;

    /** @param stripeLengths of a parity chunk; null for a data chunk. */
    ChunkWrite(
            RequestListener listener,
            StripeName stripe,
            int index,
            DirectBuffer payload,
            int length,
            DirectBuffer checksums,
            DirectBuffer stripeLengths) {
        this.listener = listener;
        this.stripe = stripe;
        this.index = index;
        this.payload = payload;
        this.length = length;
        this.checksums = checksums;
        this.stripeLengths = stripeLengths;
    }
}

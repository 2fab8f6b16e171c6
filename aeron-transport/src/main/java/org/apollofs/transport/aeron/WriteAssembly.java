package org.apollofs.transport.aeron;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.LaneLimits;

/** A chunk that is arriving: pooled by its {@link AeronLaneServer}, on whose thread it lives. */
final class WriteAssembly {
    final byte[] checksums = new byte[LaneLimits.blockCount(LaneLimits.MAX_CHUNK_LENGTH) * Integer.BYTES];
    final byte[] stripeLengths = new byte[LaneLimits.MAX_DATA_CHUNKS * Integer.BYTES];
    final UnsafeBuffer checksumsView = new UnsafeBuffer(0, 0);
    final UnsafeBuffer stripeLengthsView = new UnsafeBuffer(0, 0);
    long requestId;
    long session;
    long stripe;
    int index;
    int chunkLength;
    int receivedLength;
    Slab slab;
}

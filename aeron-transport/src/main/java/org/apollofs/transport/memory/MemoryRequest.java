package org.apollofs.transport.memory;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;

/** One request on its way, and until its answer. Written by the caller before it is queued; then {@code expired} by the lane's owner. */
final class MemoryRequest {
    /** What is asked. */
    enum Kind {
        WRITE,
        READ,
        DELETE,
        STATUS,
        LIST
    }

    final Kind kind;
    final long requestId;
    final long correlationId;
    final MemoryConnection connection;
    final long deadlineNs;

    long session;
    long stripe;
    int index;
    int chunkOffset;
    int length;
    long cursor;
    UnsafeBuffer payload;
    UnsafeBuffer checksums;
    UnsafeBuffer stripeLengths;
    Slab destination;
    /** The caller has been told UNREACHABLE, but the target still holds the credit. */
    boolean expired;

    MemoryRequest(Kind kind, long requestId, long correlationId, MemoryConnection connection, long deadlineNs) {
        this.kind = kind;
        this.requestId = requestId;
        this.correlationId = correlationId;
        this.connection = connection;
        this.deadlineNs = deadlineNs;
    }

    MemoryRequest address(long session, long stripe, int index) {
        this.session = session;
        this.stripe = stripe;
        this.index = index;
        return this;
    }
}

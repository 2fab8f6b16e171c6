package org.apollofs.dataplane.target;

/** A read or delete that waits for a slot of the store or for a slab. Reused. */
final class PendingRequest {
    boolean delete;
    long laneId;
    long correlationId;
    long session;
    long stripe;
    int index;
    int chunkOffset;
    int length;
}

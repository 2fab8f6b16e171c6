package org.apollofs.dataplane.stripe;

/**
 * One unanswered request. Owned by the {@link RequestTable}; the listener may read it during its call only.
 */
public final class Request {
    final int slot;
    long correlationId;
    RequestListener listener;
    int index;

    Request(int slot) {
        this.slot = slot;
    }

    /** What the caller wanted to remember: the chunk's place in its stripe. */
    public int index() {
        return index;
    }
}

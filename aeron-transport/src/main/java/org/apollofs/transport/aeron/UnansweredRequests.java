package org.apollofs.transport.aeron;

/**
 * A target's view of one host's slots: which of them have a request that is not answered yet, so that each is answered
 * exactly once. The target's thread only.
 */
final class UnansweredRequests {
    /** By slot: the request, or 0. Generations begin at 1, so no request id is 0. */
    private final long[] requestIds;
    /** By slot: payload bytes of a read's answer that are in the stream. */
    private final int[] answeredLength;

    /** @param slotCount as the host said in its hello. */
    UnansweredRequests(int slotCount) {
        requestIds = new long[slotCount];
        answeredLength = new int[slotCount];
    }

    /** Whether a new request may have this id. */
    boolean isFree(long requestId) {
        int slot = Wire.slot(requestId);
        return Wire.generation(requestId) > 0 && slot < requestIds.length && requestIds[slot] == 0;
    }

    /** Takes the slot of a request whose id {@link #isFree}. */
    void begin(long requestId) {
        int slot = Wire.slot(requestId);
        requestIds[slot] = requestId;
        answeredLength[slot] = 0;
    }

    /** Frees the slot: answered, or cancelled. */
    void end(long requestId) {
        requestIds[Wire.slot(requestId)] = 0;
    }

    boolean contains(long requestId) {
        int slot = Wire.slot(requestId);
        return requestId != 0 && slot < requestIds.length && requestIds[slot] == requestId;
    }

    int answeredLength(long requestId) {
        return answeredLength[Wire.slot(requestId)];
    }

    void answeredLength(long requestId, int length) {
        answeredLength[Wire.slot(requestId)] = length;
    }
}

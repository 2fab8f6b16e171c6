package org.apollofs.transport;

/**
 * The name of a chunk on a target, which needs no coordination: the session of the host that wrote it, the number that
 * host gave to the stripe, and the place of the chunk in the stripe.
 *
 * <p>The hot path passes the three parts as primitives; this record is for the cold side (messages, logs, maps).
 *
 * @param session writer session, given by the namespace, positive.
 * @param stripe number of the stripe in the session, from 0.
 * @param index place in the stripe: 0 to k-1 are data, k to k+m-1 parity.
 */
public record ChunkAddress(long session, long stripe, int index) {
    @Override
    public String toString() {
        return "session=" + session + ", stripe=" + stripe + ", index=" + index;
    }
}

package org.apollofs.dataplane.stripe;

/**
 * That every chunk of a stripe was acknowledged as durable, and the name it is durable under. An extent cannot be made
 * without one, and nobody but the stripe can make one: what was given up, or is still on its way, cannot be committed.
 * Immutable.
 */
public final class StripeProof {
    private final long session;
    private final long number;
    private final int placement;

    StripeProof(long session, long number, int placement) {
        this.session = session;
        this.number = number;
        this.placement = placement;
    }

    /** Writer session that names the stripe. */
    public long session() {
        return session;
    }

    /** Its number in the session. */
    public long number() {
        return number;
    }

    /** Its placement table. */
    public int placement() {
        return placement;
    }
}

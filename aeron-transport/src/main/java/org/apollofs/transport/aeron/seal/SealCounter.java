package org.apollofs.transport.aeron.seal;

/** What {@link SealCounters} counts. The id is for ever: dashboards know it. */
public enum SealCounter {
    /** Datagrams without a valid seal: of strangers, of another site, or damaged on their way. Dropped unread. */
    STRANGERS(1, "strangers", "datagrams"),
    /** Datagrams that came a second time, or too late to tell. Dropped. */
    REPLAYED(2, "replayed", "datagrams"),
    /** Datagrams of a sender that had not proved yet that it lives. Dropped; it sends them again. */
    UNPROVED(3, "unproved", "datagrams"),
    CHALLENGES_SENT(4, "challenges-sent", "datagrams"),
    PROOFS_SENT(5, "proofs-sent", "datagrams"),
    SENDERS_PROVED(6, "senders-proved", "senders"),
    /** Senders that were forgotten because others came. */
    SENDERS_FORGOTTEN(7, "senders-forgotten", "senders"),
    /** Strangers that were told so. */
    REFUSALS_SENT(8, "refusals-sent", "datagrams"),
    /** This process was told that its seals are not valid where it sent to. */
    REFUSED(9, "refused", "datagrams");

    private final int id;
    private final String label;
    private final String unit;

    SealCounter(int id, String label, String unit) {
        this.id = id;
        this.label = label;
        this.unit = unit;
    }

    /** Number of the counter: positive, never used again. */
    public int id() {
        return id;
    }

    /** Name in words-with-hyphens. */
    public String label() {
        return label;
    }

    /** What one is. */
    public String unit() {
        return unit;
    }
}

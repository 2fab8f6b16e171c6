package org.apollofs.transport.aeron;

/** What {@link TransportCounters} counts. The id is for ever: dashboards know it. */
public enum TransportCounter {
    REQUESTS_SENT(1, "requests-sent", "messages"),
    REQUESTS_RECEIVED(2, "requests-received", "messages"),
    ANSWERS_SENT(3, "answers-sent", "messages"),
    ANSWERS_RECEIVED(4, "answers-received", "messages"),
    PAYLOAD_SENT(5, "payload-sent", "bytes"),
    PAYLOAD_RECEIVED(6, "payload-received", "bytes"),
    /** A request found no room in the stream. */
    REQUESTS_BACK_PRESSURED(7, "requests-back-pressured", "calls"),
    /** A request found no credit or no free slot. */
    REQUESTS_WITHOUT_CREDIT(8, "requests-without-credit", "calls"),
    ANSWERS_BACK_PRESSURED(9, "answers-back-pressured", "calls"),
    /** A chunk of several parts stopped between two of them. */
    WRITES_INTERRUPTED(10, "writes-interrupted", "chunks"),
    /** The caller never came back for the rest of a chunk. */
    WRITES_CANCELLED(11, "writes-cancelled", "chunks"),
    /** A chunk was left in the stream for want of a slab at the target. */
    SLAB_RETRIES(12, "slab-retries", "polls"),
    REQUESTS_TIMED_OUT(13, "requests-timed-out", "requests"),
    /** Answers to requests that had timed out. */
    ANSWERS_LATE(14, "answers-late", "messages"),
    /** Requests failed because their connection was lost. */
    REQUESTS_LOST(15, "requests-lost", "requests"),
    LANES_OPENED(16, "lanes-opened", "lanes"),
    LANES_LOST(17, "lanes-lost", "lanes"),
    LANES_ACCEPTED(18, "lanes-accepted", "lanes"),
    LANES_ENDED(19, "lanes-ended", "lanes"),
    /** Attempts of a host to open a lane that came to nothing. */
    OPENINGS_FAILED(20, "openings-failed", "attempts"),
    HELLOS_REFUSED(21, "hellos-refused", "messages"),
    /** Hellos that got not even a refusal: too many of them at a time, or no address to answer to. */
    HELLOS_IGNORED(22, "hellos-ignored", "messages"),
    MALFORMED(23, "malformed", "messages");

    private final int id;
    private final String label;
    private final String unit;

    TransportCounter(int id, String label, String unit) {
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

package org.apollofs.dataplane.target;

/** The counters of a {@link StorageTarget}: what, and in which unit. Those of its store come beside them. */
public enum TargetCounter {
    WRITE_REQUESTS("write requests", "requests"),
    READ_REQUESTS("read requests", "requests"),
    DELETE_REQUESTS("delete requests", "requests"),
    STATUS_REQUESTS("status requests", "requests"),
    LIST_REQUESTS("list requests", "requests"),
    ERRORS_ANSWERED("requests answered with an error", "requests"),
    SLAB_STALLS("stalls: no slab for an arriving chunk", "stalls"),
    REQUESTS_DEFERRED("requests that waited for a slot or slab", "requests"),
    ANSWERS_DEFERRED("answers that waited for their lane", "answers"),
    ANSWERS_DROPPED("answers to hosts that were gone", "answers");

    private final String label;
    private final String unit;

    TargetCounter(String label, String unit) {
        this.label = label;
        this.unit = unit;
    }

    /** What is counted. */
    public String label() {
        return label;
    }

    /** In which unit. */
    public String unit() {
        return unit;
    }
}

package org.apollofs.namespace.check;

import java.util.List;

/**
 * What came back.
 *
 * @param status how it went.
 * @param version of a get: the value's; of a put or compare-and-set: the new one; of a transaction: its number, 0 if it
 *     changed nothing.
 * @param value of a get.
 * @param parts of a transaction: the answers of the list that was carried out.
 */
public record Answer(Status status, long version, String value, List<Answer> parts) {
    /** How it went. */
    public enum Status {
        /** Carried out; of a transaction: the conditions held. */
        DONE,
        /** There was nothing: to get, to delete. */
        ABSENT,
        /** Another version or value than expected; of a transaction: a condition did not hold. */
        REFUSED
    }

    public static Answer absent() {
        return new Answer(Status.ABSENT, 0, null, List.of());
    }

    public static Answer refused() {
        return new Answer(Status.REFUSED, 0, null, List.of());
    }

    /** A put, compare-and-set or delete was carried out. @param version 0 for a delete. */
    public static Answer done(long version) {
        return new Answer(Status.DONE, version, null, List.of());
    }

    /** A get found something. */
    public static Answer found(String value, long version) {
        return new Answer(Status.DONE, version, value, List.of());
    }

    /** A transaction was carried out, one way or the other. */
    public static Answer transaction(boolean succeeded, long number, List<Answer> parts) {
        return new Answer(succeeded ? Status.DONE : Status.REFUSED, number, null, List.copyOf(parts));
    }
}

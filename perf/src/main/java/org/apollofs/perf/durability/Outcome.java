package org.apollofs.perf.durability;

/**
 * How a step ended.
 *
 * @param status what was promised.
 * @param count bytes that a WRITE took.
 * @param error one line: an errno's name first where there is one; "" if it is done.
 */
public record Outcome(Status status, long count, String error) {
    /** What an answer promises. */
    public enum Status {
        /** It was acknowledged. */
        DONE,
        /** It was refused: nothing has changed. */
        REFUSED,
        /** It failed; it may have taken effect, wholly or in part, now or later. */
        UNKNOWN
    }

    static Outcome done(long count) {
        return new Outcome(Status.DONE, count, "");
    }

    static Outcome refused(String error) {
        return new Outcome(Status.REFUSED, 0, error);
    }

    static Outcome unknown(String error) {
        return new Outcome(Status.UNKNOWN, 0, error);
    }

    boolean isDone() {
        return status == Status.DONE;
    }

    /** Whether the mount that was called is gone: what was open in it is lost. */
    boolean isMountGone() {
        return error.startsWith("ENOTCONN") || error.startsWith("ECONNABORTED");
    }
}

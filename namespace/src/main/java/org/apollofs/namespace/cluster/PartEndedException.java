package org.apollofs.namespace.cluster;

/**
 * A part of a member has ended, or cannot go on as it is, and a start in the same process mends it: nothing is known to be wrong
 * with the disk, the memory or the state machine. {@link MemberHost} makes that start.
 */
public final class PartEndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PartEndedException(String what, Throwable cause) {
        super(cause == null ? what : what + ": " + describe(cause), cause);
    }

    /** Aeron's own often say nothing. */
    private static String describe(Throwable cause) {
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}

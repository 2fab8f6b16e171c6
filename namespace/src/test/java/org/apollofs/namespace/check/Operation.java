package org.apollofs.namespace.check;

/**
 * One operation of a history.
 *
 * @param client who asked.
 * @param invokeNs when it was sent, at the latest.
 * @param returnNs when the answer was there, at the earliest; {@link #NEVER} if none came.
 * @param action what was asked.
 * @param answer null if none came: it may have been carried out at any time since, or never.
 */
public record Operation(int client, long invokeNs, long returnNs, Action action, Answer answer) {
    /** No answer came. */
    public static final long NEVER = Long.MAX_VALUE;

    public Operation {
        if (returnNs < invokeNs || (answer == null) != (returnNs == NEVER)) {
            throw new IllegalArgumentException("an operation ends after it begins, with an answer");
        }
    }

    /** Whether no answer came. */
    public boolean isUnknown() {
        return answer == null;
    }

    /** Where it stands in the system's own order of changes; 0 if it changed nothing, or does not say. */
    long order() {
        return answer == null || !action.isMutation() || action instanceof Action.Delete ? 0 : answer.version();
    }
}

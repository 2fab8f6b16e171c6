package org.apollofs.namespace.cluster;

import java.util.UUID;

/**
 * What a member's folder was found to be, before anything in it is changed.
 *
 * @param state in a word.
 * @param namespaceId of the namespace that it is known to be of; all zero if it is not.
 * @param generation of that namespace, the latest that is known to the folder; 0 if none is.
 * @param what one line: what is not there, or is not right, and where; null where all is well.
 */
public record FolderCondition(State state, UUID namespaceId, long generation, String what) {
    /** What a folder may be. */
    public enum State {
        /** Nothing was ever in it. */
        NEW,
        /** All that was ever in it is there. */
        WHOLE,
        /** It, or a part of it, is not there. */
        MISSING,
        /** A part is there and cannot be used. */
        DAMAGED,
        /** It is whole, and older than what the member had. */
        OLDER,
        /** It, or a part of it, is another member's or another namespace's. */
        FOREIGN
    }

    /** Whether the member cannot start with it. */
    public boolean isRefused() {
        return state != State.NEW && state != State.WHOLE;
    }
}

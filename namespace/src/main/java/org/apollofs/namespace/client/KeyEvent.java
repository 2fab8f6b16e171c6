package org.apollofs.namespace.client;

/**
 * A key has changed.
 *
 * @param sequence of the change in the log.
 * @param kind what became of the key.
 */
public record KeyEvent(long sequence, Kind kind, String key) {
    /** What became of a key. */
    public enum Kind {
        /** It has, or may have, another value. */
        CHANGED,
        /** It is gone. */
        DELETED,
        /** A directory above it was moved here or away: what is below may have come, changed or gone. Read it. */
        MOVED
    }
}

package org.apollofs.io.chunk;

import java.io.IOException;

/** A target that must not be opened as it is. The message is one line: what is wrong, on which target, and where. */
public final class TargetRefusedException extends IOException {
    /** What is wrong. */
    public enum Reason {
        /** There is no superblock: never formatted, or not a target. */
        NOT_FORMATTED,
        /** It belongs to another site. */
        OTHER_SITE,
        /** It is another target of the site. */
        OTHER_TARGET,
        /** It is older than what was there before. */
        OLDER_COPY,
        /** A format version that this build does not know. */
        OTHER_VERSION,
        /** Both superblocks are damaged, or they contradict each other. */
        SUPERBLOCK_DAMAGED,
        /** The device is smaller than it was at format, or the profile asks for another geometry. */
        OTHER_GEOMETRY,
        /** Something durable in the journal or snapshot is damaged or missing. */
        JOURNAL_DAMAGED,
        /** Another process has it open. */
        IN_USE,
        /** Too small, or an impossible geometry, at format. */
        INVALID_GEOMETRY,
        /** Format found something there already. */
        EXISTS
    }

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    public TargetRefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** What is wrong. */
    public Reason reason() {
        return reason;
    }
}

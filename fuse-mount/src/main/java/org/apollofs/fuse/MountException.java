package org.apollofs.fuse;

/** A mount that could not be made or taken away. The message is one line: what failed, and the next step. */
public final class MountException extends RuntimeException {
    /** What a caller tells apart. */
    public enum Reason {
        /** Absent, busy, not an empty directory. */
        MOUNT_POINT,
        /** This process may not mount this way. */
        NOT_PERMITTED,
        /** Device, library or kernel feature is not there. */
        NOT_AVAILABLE,
        /** The kernel refused. */
        REFUSED
    }

    private final Reason reason;

    public MountException(Reason reason, String message) {
        this(reason, message, null);
    }

    public MountException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}

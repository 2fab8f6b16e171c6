package org.apollofs.dataplane.stripe;

/** Stripes that could not be written or read. The message is one line that names targets and causes. */
public final class StripeException extends RuntimeException {
    /** What a caller tells apart. */
    public enum Kind {
        /** Too many targets failed, or chunks are damaged beyond parity. */
        IO_ERROR,
        /** No group of targets has space. */
        NO_SPACE,
        /** Not done within the patience: who is needed is silent, not known to be gone. */
        TIMEOUT
    }

    private final Kind kind;

    public StripeException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** What happened. */
    public Kind kind() {
        return kind;
    }
}

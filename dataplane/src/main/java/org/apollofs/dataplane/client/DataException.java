package org.apollofs.dataplane.client;

/** A read or write that could not be done. The message is one line: what failed, with file, offset, length, targets. */
public final class DataException extends RuntimeException {
    /** What a caller tells apart. */
    public enum Kind {
        /** Too many targets failed, or data is damaged beyond parity: EIO. */
        IO_ERROR,
        /** ENOSPC. */
        NO_SPACE,
        /** No answer within the deadline: EIO, said so. */
        TIMEOUT,
        /** The session was fenced: EIO; remount. */
        FENCED,
        /** The file is gone: ESTALE. */
        STALE,
        /** A bound was broken (offset, size): EFBIG or EINVAL. */
        INVALID
    }

    private final Kind kind;

    public DataException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** What happened. */
    public Kind kind() {
        return kind;
    }
}

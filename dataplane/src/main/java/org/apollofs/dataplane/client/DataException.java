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
    private final int bytesWritten;

    public DataException(Kind kind, String message) {
        this(kind, message, 0);
    }

    /** @param bytesWritten bytes of the write that were taken before it failed. */
    public DataException(Kind kind, String message, int bytesWritten) {
        super(message);
        this.kind = kind;
        this.bytesWritten = bytesWritten;
    }

    /** What happened. */
    public Kind kind() {
        return kind;
    }

    /**
     * Bytes of a write, from its start, that were taken all the same: they are as if a shorter write had succeeded. What
     * follows them was not, and the file is there as it was.
     */
    public int bytesWritten() {
        return bytesWritten;
    }
}

package org.apollofs.io.os;

import java.io.IOException;

/**
 * An operating fault that the kernel reported. The message reads {@code open failed: path=/x/data, errno=ENOSPC}; the
 * number is there for callers that decide by it.
 */
public final class OsException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * @param what what failed and on what: {@code open failed: path=/x/data}.
     * @param errno the positive error number, or a negative result of {@link Libc}: the sign is dropped.
     */
    public OsException(String what, int errno) {
        super(what + ", errno=" + Errno.name(errno));
        this.errno = Math.abs(errno);
    }

    /** The positive error number. */
    public int errno() {
        return errno;
    }
}

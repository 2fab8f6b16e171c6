package org.apollofs.fuse;

import org.apollofs.io.os.Errno;

/** An operation refused with an error number that the caller's system call returns. Cheap: it carries no stack trace. */
public final class FuseException extends RuntimeException {
    private final int errno;

    /**
     * @param errno positive error number.
     * @param what what was refused, with its values.
     */
    public FuseException(int errno, String what) {
        super(what + ", errno=" + Errno.name(errno), null, false, false);
        this.errno = errno;
    }

    /** The positive error number. */
    public int errno() {
        return errno;
    }
}

package org.apollofs.fuse;

import org.apollofs.dataplane.client.DataException;
import org.apollofs.io.os.Errno;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/** Which error number a system call returns for a failure of the layers below. */
public final class ErrorNumbers {
    /** What {@link #of} answers for an exception that is no operating fault: a bug. */
    public static final int BUG = 0;

    private ErrorNumbers() {}

    /** @return the positive error number, or {@link #BUG}. */
    public static int of(Throwable failure) {
        return switch (failure) {
            case FuseException refused -> refused.errno();
            case NamespaceException refused -> of(refused.error());
            case DataException failed -> of(failed.kind());
            default -> BUG;
        };
    }

    /** Whether an operator should read why: the storage failed, the caller did nothing wrong. */
    public static boolean isStorageFault(int errno) {
        return errno == Errno.EIO || errno == Errno.ENOSPC || errno == Errno.ETIMEDOUT;
    }

    static int of(NamespaceError error) {
        return switch (error) {
            case NOT_FOUND -> Errno.ENOENT;
            case EXISTS -> Errno.EEXIST;
            case NOT_DIRECTORY -> Errno.ENOTDIR;
            case IS_DIRECTORY -> Errno.EISDIR;
            case NOT_EMPTY -> Errno.ENOTEMPTY;
            case NAME_TOO_LONG, PATH_TOO_LONG -> Errno.ENAMETOOLONG;
            case VALUE_TOO_LARGE, TRANSACTION_TOO_LARGE -> Errno.EFBIG;
            case INVALID, LOOP, EXPIRED -> Errno.EINVAL;
            case VERSION_MISMATCH -> Errno.ESTALE;
            case TOO_MANY_LINKS -> Errno.EMLINK;
            case NOT_PERMITTED -> Errno.EPERM;
            case UNSUPPORTED -> Errno.EOPNOTSUPP;
            case NO_SPACE, TOO_MANY_CONSUMERS -> Errno.ENOSPC;
            case FENCED, TIMEOUT, UNAVAILABLE -> Errno.EIO;
        };
    }

    static int of(DataException.Kind kind) {
        return switch (kind) {
            case NO_SPACE -> Errno.ENOSPC;
            case STALE -> Errno.ESTALE;
            case INVALID -> Errno.EFBIG;
            case IO_ERROR, TIMEOUT, FENCED -> Errno.EIO;
        };
    }
}

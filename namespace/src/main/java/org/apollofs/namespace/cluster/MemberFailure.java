package org.apollofs.namespace.cluster;

import io.aeron.archive.client.ArchiveException;
import io.aeron.exceptions.StorageSpaceException;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells what a failure of a member comes from: what a start in the same process can mend, and what it cannot. */
final class MemberFailure {
    private MemberFailure() {}

    /**
     * What is to be told of a failure.
     *
     * @return itself; what is behind it if that is the disk, so that nobody starts anew on it.
     */
    static Throwable of(Throwable failure, Path directory) {
        if (!(failure instanceof PartEndedException)) {
            return failure;
        }
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof Error || isOfDisk(cause)) {
                return cause;
            }
        }
        return isFull(directory) ? new IllegalStateException(failure.getMessage(), failure) : failure;
    }

    private static boolean isFull(Path directory) {
        try {
            return Files.getFileStore(directory).getUsableSpace() <= NamespaceMember.FULL_DISK_BYTES;
        } catch (IOException e) {
            return true;
        }
    }

    /** Whether the file system of the member has failed, or has no space. */
    static boolean isOfDisk(Throwable e) {
        return isBroken(e) || isWithoutSpace(e);
    }

    /**
     * Whether the file system gives errors. A page of a mapped file that cannot be read is an {@link InternalError}, which is
     * one too.
     */
    static boolean isBroken(Throwable e) {
        if (isWithoutSpace(e)) {
            return false;
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            boolean isNetwork = cause instanceof SocketException
                    || cause instanceof UnknownHostException
                    || cause instanceof ClosedChannelException;
            if (cause instanceof InternalError || (cause instanceof IOException && !isNetwork)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWithoutSpace(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ArchiveException archive && archive.errorCode() == ArchiveException.STORAGE_SPACE
                    || cause instanceof IOException && StorageSpaceException.isStorageSpaceError(cause)) {
                return true;
            }
        }
        return false;
    }
}

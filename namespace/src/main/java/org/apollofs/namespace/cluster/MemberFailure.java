package org.apollofs.namespace.cluster;

import io.aeron.archive.client.ArchiveException;
import io.aeron.exceptions.StorageSpaceException;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.apollofs.namespace.state.TablesOutgrownException;

/** Tells what a failure of a member comes from: what a start in the same process can mend, and what it cannot. */
final class MemberFailure {
    private MemberFailure() {}

    /**
     * What is to be told of a failure.
     *
     * @return itself; what is behind it if that is the disk, so that nobody starts anew on it.
     */
    static Throwable of(Throwable failure, Path directory) {
        if (failure instanceof TablesOutgrownException) {
            // They are on the disk from the next start on.
            return new PartEndedException(failure.getMessage(), failure);
        }
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
     * one too. What the network says is not, nor what a path does not allow.
     */
    static boolean isBroken(Throwable e) {
        if (isWithoutSpace(e)) {
            return false;
        }
        boolean isBroken = false;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case SocketException network -> {
                    return false;
                }
                case UnknownHostException network -> {
                    return false;
                }
                case ClosedChannelException closed -> {
                    return false;
                }
                case AccessDeniedException path -> {
                    return false;
                }
                case NoSuchFileException path -> {
                    return false;
                }
                case InternalError page -> isBroken = true;
                case IOException error -> isBroken = true;
                default -> {}
            }
        }
        return isBroken;
    }

    private static boolean isWithoutSpace(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if ((cause instanceof ArchiveException archive && archive.errorCode() == ArchiveException.STORAGE_SPACE)
                    || (cause instanceof IOException && StorageSpaceException.isStorageSpaceError(cause))) {
                return true;
            }
        }
        return false;
    }
}

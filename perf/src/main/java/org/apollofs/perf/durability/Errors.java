package org.apollofs.perf.durability;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/** Puts a name to what calls throw. Java keeps the words of strerror(3) and drops the number; the C locale is assumed. */
final class Errors {
    private Errors() {}

    /** What an exception of a file system call promises. */
    static Outcome ofFile(IOException e) {
        String errno = errno(e);
        String text = errno + " " + e.getClass().getSimpleName() + ": " + e.getMessage();
        return switch (errno) {
            case "ENOENT", "EEXIST", "ENOTEMPTY", "ENOTDIR", "ENOSPC", "EROFS" -> Outcome.refused(text);
            default -> Outcome.unknown(text);
        };
    }

    /** As {@link #ofFile}, of a call that may have been carried out in part. */
    static Outcome ofContent(IOException e) {
        Outcome outcome = ofFile(e);
        return Outcome.unknown(outcome.error());
    }

    /** What an exception of the namespace's client promises: see docs/namespace.md, "Sessions, leases, retries". */
    static Outcome ofKey(NamespaceException e) {
        String text = e.error() + " " + e.getMessage();
        return isUnknown(e.error()) ? Outcome.unknown(text) : Outcome.refused(text);
    }

    private static boolean isUnknown(NamespaceError error) {
        return error == NamespaceError.TIMEOUT || error == NamespaceError.FENCED || error == NamespaceError.UNAVAILABLE;
    }

    private static String errno(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "ENOENT";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "EEXIST";
        }
        if (e instanceof DirectoryNotEmptyException) {
            return "ENOTEMPTY";
        }
        if (e instanceof NotDirectoryException) {
            return "ENOTDIR";
        }
        String message = String.valueOf(e.getMessage());
        if (message.contains("Input/output error")) {
            return "EIO";
        }
        if (message.contains("No space left on device")) {
            return "ENOSPC";
        }
        if (message.contains("Transport endpoint is not connected")) {
            return "ENOTCONN";
        }
        if (message.contains("Software caused connection abort")) {
            return "ECONNABORTED";
        }
        if (message.contains("Read-only file system")) {
            return "EROFS";
        }
        if (message.contains("Stale file handle")) {
            return "ESTALE";
        }
        return "EOTHER";
    }
}

package org.apollofs.cli;

import io.aeron.exceptions.RegistrationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apollofs.dataplane.client.DataException;
import org.apollofs.fuse.MountException;
import org.apollofs.io.chunk.TargetRefusedException;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.cluster.FolderRefusedException;
import org.apollofs.namespace.cluster.NamespaceMember;
import org.apollofs.profile.ProfileException;

/** Turns what the parts throw into what an operator is told, in one place. */
final class Failures {
    private Failures() {}

    /** @return the failure itself, or what stands for it: cause, next step and exit code. */
    static CommandFailure explain(Throwable failure) {
        if (failure instanceof CommandFailure known) {
            return known;
        }
        if (failure instanceof UncheckedIOException wrapped && !(wrapped.getCause() instanceof BindException)) {
            return explain(wrapped.getCause());
        }
        if (failure instanceof ProfileException profile) {
            return new CommandFailure(ExitCode.PROFILE, profile.getMessage(), "mend the profile", profile);
        }
        if (failure instanceof FolderRefusedException refused) {
            return new CommandFailure(
                    refused.isLost() ? ExitCode.MISSING : ExitCode.SITE,
                    refused.getMessage(),
                    refused.nextStep(),
                    refused);
        }
        if (isPortTaken(failure)) {
            return new CommandFailure(
                    ExitCode.PROFILE,
                    "a port of the profile is in use: " + describe(failure),
                    "stop what uses it, or change the port",
                    failure);
        }
        if (failure instanceof NamespaceException namespace) {
            return new CommandFailure(
                    namespaceExitCode(namespace), namespace.getMessage(), namespaceNextStep(namespace), namespace);
        }
        if (failure instanceof MountException mount) {
            return new CommandFailure(ExitCode.MOUNT, mount.getMessage(), "see 'apollo up --help'", mount);
        }
        if (failure instanceof TargetRefusedException target) {
            return new CommandFailure(ExitCode.TARGET, target.getMessage(), targetNextStep(target), target);
        }
        if (failure instanceof IOException) {
            return isNoSpace(failure)
                    ? new CommandFailure(
                            ExitCode.NO_SPACE, describe(failure), "free some space on that file system", failure)
                    : new CommandFailure(
                            ExitCode.SITE,
                            describe(failure),
                            "check the path, its permissions and its device",
                            failure);
        }
        if (failure instanceof DataException data) {
            return new CommandFailure(
                    data.kind() == DataException.Kind.NO_SPACE ? ExitCode.NO_SPACE : ExitCode.UNAVAILABLE,
                    data.getMessage(),
                    "see 'apollo status'",
                    data);
        }
        String what = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return new CommandFailure(
                ExitCode.INTERNAL,
                what,
                "run it again with --debug and report it (" + failure.getClass().getName() + ")",
                failure);
    }

    /** The start of a member of the namespace has failed. */
    static CommandFailure ofMemberStart(Path folder, RuntimeException cause) {
        CommandFailure known = ofMember(folder, cause);
        return known != null ? known : explain(cause);
    }

    /**
     * A member of the namespace has failed.
     *
     * @param nextStep if what failed is not to be mended by the operator.
     */
    static CommandFailure ofMember(Path folder, Throwable cause, String nextStep) {
        CommandFailure known = ofMember(folder, cause);
        return known != null
                ? known
                : new CommandFailure(ExitCode.INTERNAL, "namespace member failed: " + describe(cause), nextStep, cause);
    }

    /** @return null if what failed is neither known nor of the disk. LMDB and Aeron call a full one an I/O error, or a short write. */
    private static CommandFailure ofMember(Path folder, Throwable cause) {
        if (cause instanceof CommandFailure known) {
            return known;
        }
        if (cause instanceof FolderRefusedException || isPortTaken(cause)) {
            return explain(cause);
        }
        long usable = Long.MAX_VALUE;
        try {
            usable = Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        if (usable <= NamespaceMember.FULL_DISK_BYTES) {
            return new CommandFailure(
                    ExitCode.NO_SPACE,
                    "namespace member failed, its disk is full: directory=" + folder + ", usable=" + usable + " bytes",
                    "what was acknowledged is safe; free some space and start it again",
                    cause);
        }
        return NamespaceMember.isOfBrokenDisk(cause)
                ? new CommandFailure(
                        ExitCode.SITE,
                        "the disk of the namespace's member fails: directory=" + folder + ", " + describe(cause),
                        "what was acknowledged is as safe as the disk; mend it and start it again",
                        cause)
                : null;
    }

    /** An exception in a few words. The message of a file system's exception is often only the path. */
    static String describe(Throwable failure) {
        String message = failure.getMessage();
        String type = failure.getClass().getSimpleName();
        if (message == null) {
            return type;
        }
        return failure instanceof FileSystemException ? type.replace("Exception", "") + ": " + message : message;
    }

    /** Of a socket of ours, or of the media driver's, which says it in words. */
    private static boolean isPortTaken(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if ((cause instanceof BindException || cause instanceof RegistrationException)
                    && cause.getMessage() != null
                    && cause.getMessage().contains("Address already in use")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a file system has no space left, or none for this user. */
    static boolean isNoSpace(Throwable failure) {
        if (failure instanceof OsException os) {
            return os.errno() == Errno.ENOSPC || os.errno() == Errno.EDQUOT;
        }
        return failure.getMessage() != null && failure.getMessage().contains("No space left on device");
    }

    private static String targetNextStep(TargetRefusedException failure) {
        return switch (failure.reason()) {
            case OTHER_SITE, OTHER_TARGET, OLDER_COPY -> "put the site's own target there, or move this one away";
            case IN_USE -> "stop the process that uses it";
            case OTHER_VERSION -> "use the build that made it";
            case INVALID_GEOMETRY -> "mend its size in the profile";
            case EXISTS -> "move what is there away";
            case NOT_FORMATTED, SUPERBLOCK_DAMAGED, OTHER_GEOMETRY, JOURNAL_DAMAGED ->
                "restore it, or move its folder away: the site then starts without it, and reads from parity";
        };
    }

    private static ExitCode namespaceExitCode(NamespaceException failure) {
        return switch (failure.error()) {
            case NOT_FOUND -> ExitCode.ABSENT;
            case EXISTS, VERSION_MISMATCH -> ExitCode.CONFLICT;
            case NO_SPACE -> ExitCode.NO_SPACE;
            case EXPIRED -> ExitCode.EXPIRED;
            case TIMEOUT, UNAVAILABLE, FENCED -> ExitCode.UNAVAILABLE;
            default -> ExitCode.USAGE;
        };
    }

    private static String namespaceNextStep(NamespaceException failure) {
        return switch (failure.error()) {
            case TIMEOUT, UNAVAILABLE -> "see 'apollo status' or 'apollo namespace status', and try again";
            case VERSION_MISMATCH, EXISTS -> "read it again, then decide";
            case VALUE_TOO_LARGE -> "write it as a file through the mount";
            case NO_SPACE -> "free space on the disk of the member that leads";
            case EXPIRED -> "go on from the first one";
            case TRANSACTION_TOO_LARGE -> "cut it into smaller ones";
            default -> "check the key";
        };
    }
}

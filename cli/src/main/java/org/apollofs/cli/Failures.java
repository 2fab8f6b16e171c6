package org.apollofs.cli;

import java.nio.file.FileSystemException;
import org.apollofs.dataplane.client.DataException;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.profile.ProfileException;

/** Turns what the parts throw into what an operator is told, in one place. */
final class Failures {
    private Failures() {}

    /** @return the failure itself, or what stands for it: cause, next step and exit code. */
    static CommandFailure explain(Throwable failure) {
        if (failure instanceof CommandFailure known) {
            return known;
        }
        if (failure instanceof ProfileException profile) {
            return new CommandFailure(ExitCode.PROFILE, profile.getMessage(), "mend the profile", profile);
        }
        if (failure instanceof NamespaceException namespace) {
            return new CommandFailure(
                    namespaceExitCode(namespace), namespace.getMessage(), namespaceNextStep(namespace), namespace);
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

    /** An exception in a few words. The message of a file system's exception is often only the path. */
    static String describe(Throwable failure) {
        String message = failure.getMessage();
        String type = failure.getClass().getSimpleName();
        if (message == null) {
            return type;
        }
        return failure instanceof FileSystemException ? type.replace("Exception", "") + ": " + message : message;
    }

    private static ExitCode namespaceExitCode(NamespaceException failure) {
        return switch (failure.error()) {
            case NOT_FOUND -> ExitCode.ABSENT;
            case EXISTS, VERSION_MISMATCH -> ExitCode.CONFLICT;
            case NO_SPACE -> ExitCode.NO_SPACE;
            case TIMEOUT, UNAVAILABLE, FENCED -> ExitCode.UNAVAILABLE;
            default -> ExitCode.USAGE;
        };
    }

    private static String namespaceNextStep(NamespaceException failure) {
        return switch (failure.error()) {
            case TIMEOUT, UNAVAILABLE -> "see 'apollo status', and try again";
            case VERSION_MISMATCH, EXISTS -> "read it again, then decide";
            case VALUE_TOO_LARGE -> "write it as a file through the mount";
            case NO_SPACE -> "delete something, or raise namespace.mapSize";
            default -> "check the key";
        };
    }
}

package org.apollofs.cli;

/** A command that cannot go on, said as an operator needs it: the cause, and what to do next. One line, no trace. */
public final class CommandFailure extends RuntimeException {
    private final ExitCode exitCode;

    /**
     * @param cause what failed, with its values.
     * @param nextStep what the operator does now.
     */
    public CommandFailure(ExitCode exitCode, String cause, String nextStep) {
        this(exitCode, cause, nextStep, null);
    }

    /** As above, with the exception that {@code --debug} shows. */
    public CommandFailure(ExitCode exitCode, String cause, String nextStep, Throwable origin) {
        super(cause + ": " + nextStep, origin);
        this.exitCode = exitCode;
    }

    /** How the process ends. */
    public ExitCode exitCode() {
        return exitCode;
    }
}

package org.apollofs.cli;

/** Turns what the parts throw into what an operator is told, in one place. */
final class Failures {
    private Failures() {}

    /** @return the failure itself, or what stands for it: cause, next step and exit code. */
    static CommandFailure explain(Throwable failure) {
        if (failure instanceof CommandFailure known) {
            return known;
        }
        String what = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return new CommandFailure(
                ExitCode.INTERNAL,
                what,
                "run it again with --debug and report it (" + failure.getClass().getName() + ")",
                failure);
    }
}

package org.apollofs.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Listed for the help only: the launcher runs the tests with Maven before a JVM of ours exists. */
@Command(name = "test", description = "Run all tests and build checks (the launcher ./apollo does it with Maven).")
final class TestCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw new CommandFailure(
                ExitCode.USAGE, "the tests are run by the launcher", "use './apollo test' in a checkout");
    }
}

package org.apollofs.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Loads what light commands load, and ends: the launcher records it into the class cache after a build. */
@Command(name = "warm-up", hidden = true, description = "Load the classes of light commands (for the class cache).")
final class WarmUpCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        run("--help");
        run("no-such-command");
        for (String name : ApolloCommand.commandLine().getSubcommands().keySet()) {
            run(name, "--help");
        }
        return ExitCode.OK.code();
    }

    private static void run(String... args) {
        CommandLine commandLine = ApolloCommand.commandLine();
        commandLine.setOut(new PrintWriter(new StringWriter(), true));
        commandLine.setErr(new PrintWriter(new StringWriter(), true));
        // Its exit code is of no interest: it was run for the classes it loads.
        int ignored = commandLine.execute(args);
    }
}

package org.apollofs.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** One storage target by itself, without its site: make it, look at it, check it. */
@Command(
        name = "target",
        description =
                "Make, look at or check one storage target, without a site that runs; sweep those of one that does.",
        subcommands = {
            TargetFormatCommand.class,
            TargetInspectCommand.class,
            TargetCheckCommand.class,
            TargetSweepCommand.class
        })
final class TargetCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return ExitCode.OK.code();
    }
}

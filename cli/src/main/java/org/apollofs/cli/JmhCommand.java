package org.apollofs.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/**
 * Runs JMH benchmarks of this build, in forks with this JVM's flags; the allocation profiler is always on, because 0
 * B/op on hot paths is what is asked of them.
 */
@Command(
        name = "jmh",
        description = "Run the micro-benchmarks whose names match a regular expression (all of them without one).",
        customSynopsis = "apollo jmh [REGEX...] [-- JMH-OPTION...]",
        footer = {"", "JMH's own options follow '--', for example: apollo jmh Erasure -- -f 3 -rf json. '-- -l' lists."
        })
final class JmhCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** Everything: JMH has a parser of its own. */
    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws RunnerException {
        arguments.removeIf("--"::equals);
        CommandLineOptions options;
        try {
            options = new CommandLineOptions(arguments.toArray(String[]::new));
        } catch (CommandLineOptionException e) {
            throw new ParameterException(spec.commandLine(), "jmh: " + e.getMessage(), e);
        }
        if (options.shouldList()) {
            new Runner(options).list();
            return ExitCode.OK.code();
        }
        OptionsBuilder all = new OptionsBuilder();
        all.parent(options);
        if (options.getProfilers().isEmpty()) {
            all.addProfiler(GCProfiler.class);
        }
        all.shouldFailOnError(true);
        try {
            new Runner(all.build()).run();
        } catch (NoBenchmarksException e) {
            throw new CommandFailure(
                    ExitCode.USAGE, "no benchmark matches " + arguments, "list them with 'apollo jmh -- -l'", e);
        }
        return ExitCode.OK.code();
    }
}

package org.apollofs.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apollofs.io.erasure.Codec;
import org.apollofs.io.erasure.ErasureCode;
import org.apollofs.perf.jmh.ErasureCeilingBenchmark;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
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
 * B/op on hot paths is what is asked of them. Ends with one line a benchmark: rate, payload rate, allocation.
 */
@Command(
        name = "jmh",
        description = "Run the micro-benchmarks whose names match a regular expression (all of them without one).",
        customSynopsis = "apollo jmh [REGEX...] [-- JMH-OPTION...]",
        footer = {"", "JMH's own options follow '--', for example: apollo jmh Erasure -- -f 3 -rf json. '-- -l' lists."
        })
final class JmhCommand implements Callable<Integer> {
    private static final String BYTES_CONSTANT = "BYTES_PER_OPERATION";
    private static final String ALLOCATION_RESULT = "gc.alloc.rate.norm";
    private static final String CODEC_PARAMETER = "codec";
    private static final double BYTES_PER_GB = 1e9;

    /** JMH allocates 7 to 12 KiB an iteration in the measured threads, whatever is measured. */
    private static final double HARNESS_BYTES = 16 * 1024;

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
        all.shouldFailOnError(true);
        if (options.getProfilers().isEmpty()) {
            all.addProfiler(GCProfiler.class);
        }
        if (!options.getParameter(CODEC_PARAMETER).hasValue()) {
            all.param(
                    CODEC_PARAMETER,
                    ErasureCode.codecs().stream().map(Codec::name).toArray(String[]::new));
        }
        if (!ErasureCode.codecs().contains(Codec.ISA_L)) {
            all.exclude(ErasureCeilingBenchmark.class.getSimpleName());
        }
        try {
            summarize(new Runner(all.build()).run());
        } catch (NoBenchmarksException e) {
            throw new CommandFailure(
                    ExitCode.USAGE, "no benchmark matches " + arguments, "list them with 'apollo jmh -- -l'", e);
        }
        return ExitCode.OK.code();
    }

    private void summarize(Collection<RunResult> results) {
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        for (RunResult result : results) {
            Result<?> primary = result.getPrimaryResult();
            StringBuilder line = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%-58s %,14.0f %s",
                    name(result.getParams()),
                    primary.getScore(),
                    primary.getScoreUnit()));
            long bytes = bytesPerOperation(result.getParams().getBenchmark());
            if (bytes > 0 && primary.getScoreUnit().equals("ops/s")) {
                line.append(String.format(Locale.ROOT, "  %7.2f GB/s", primary.getScore() * bytes / BYTES_PER_GB));
            }
            Result<?> allocation = result.getSecondaryResults().get(ALLOCATION_RESULT);
            if (allocation != null) {
                line.append(String.format(Locale.ROOT, "  %5.1f B/op", allocatedPerOperation(result, allocation)));
            }
            out.println(line);
        }
        out.flush();
    }

    /** Without what JMH itself allocates: a slow operation would be charged with some bytes of it. */
    private static double allocatedPerOperation(RunResult result, Result<?> allocation) {
        double iterationSeconds = result.getParams().getMeasurement().getTime().convertTo(TimeUnit.MILLISECONDS) / 1e3;
        double operations = result.getPrimaryResult().getScore() * iterationSeconds;
        return allocation.getScore() * operations < HARNESS_BYTES ? 0 : allocation.getScore();
    }

    private static String name(BenchmarkParams params) {
        String[] parts = params.getBenchmark().split("\\.", -1);
        StringBuilder name = new StringBuilder(parts[parts.length - 2] + "." + parts[parts.length - 1]);
        for (String key : params.getParamsKeys()) {
            name.append(' ').append(params.getParam(key));
        }
        return name.toString();
    }

    /** A benchmark of ours says in a constant how much payload an operation moves. @return 0 if it does not. */
    private static long bytesPerOperation(String benchmark) {
        try {
            Class<?> type = Class.forName(benchmark.substring(0, benchmark.lastIndexOf('.')));
            return type.getField(BYTES_CONSTANT).getLong(null);
        } catch (NoSuchFieldException e) {
            return 0;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("benchmark cannot be looked at: name=" + benchmark, e);
        }
    }
}

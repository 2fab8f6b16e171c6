package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apollofs.perf.report.Report;
import org.apollofs.profile.ByteSize;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Benchmarks of whole sites and of chunk stores: one subcommand each. */
@Command(
        name = "bench",
        description = "Measure Apollo, or a part of it, beside its ceiling.",
        subcommands = {
            BenchCommand.Mount.class,
            StoreBenchCommand.class,
            IndexBenchCommand.class,
            HeapBenchCommand.class,
            KvBenchCommand.class,
            KeysBenchCommand.class,
            DurabilityBenchCommand.class
        })
final class BenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return ExitCode.OK.code();
    }

    /** What goes through the mount, beside what the disk takes: see {@link MountBench}. */
    @Command(
            name = "mount",
            description =
                    "What goes through the mount with 1 and 4 writers, on both backends, beside what the disk takes.")
    static final class Mount implements Callable<Integer> {
        private static final long LEAST_BYTES = 64L << 20;
        private static final int MOST_ROUNDS = 50;

        @Spec
        private CommandSpec spec;

        @Option(names = "--dir", paramLabel = "DIR", description = "Empty or new folder on the disk to be measured.")
        private Path dir;

        @Option(
                names = "--size",
                defaultValue = "1GiB",
                paramLabel = "SIZE",
                description = "Bytes of one measurement (default: ${DEFAULT-VALUE}).")
        private String size;

        @Option(
                names = "--rounds",
                defaultValue = "3",
                paramLabel = "N",
                description = "Rounds, after one to warm up; all that is measured takes turns in each (default:"
                        + " ${DEFAULT-VALUE}).")
        private int rounds;

        @Option(
                names = "--profile",
                defaultValue = "embedded",
                paramLabel = "P",
                description = "Profile: a YAML file or a built-in name (default: ${DEFAULT-VALUE}).")
        private String profile;

        @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
        private boolean json;

        @Override
        public Integer call() throws IOException {
            if (rounds < 1 || rounds > MOST_ROUNDS) {
                throw new ParameterException(
                        spec.commandLine(), "--rounds: expected 1 to " + MOST_ROUNDS + ", found " + rounds);
            }
            StopSignal stop = StopSignal.install();
            try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
                MountBench bench = new MountBench(ProfileLoader.load(profile), bytes(), rounds, stop, progress);
                Report report = bench.run(dir);
                PrintWriter out = spec.commandLine().getOut();
                out.println(json ? report.toJson() : report.toTable());
                out.flush();
                return ExitCode.OK.code();
            }
        }

        private long bytes() {
            try {
                long bytes = ByteSize.parse(size);
                if (bytes < LEAST_BYTES) {
                    throw new IllegalArgumentException("expected at least " + ByteSize.format(LEAST_BYTES));
                }
                // Four writers of whole blocks.
                return bytes >> 22 << 22;
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--size: " + e.getMessage(), e);
            }
        }
    }
}

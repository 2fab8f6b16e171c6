package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apollofs.perf.report.Report;
import org.apollofs.profile.ByteSize;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a chunk store does, beside what its device does: see {@link StoreBench}. */
@Command(
        name = "store",
        description = "What a chunk store writes and reads at 1 MiB and 64 KiB chunks, every chunk durable before it is"
                + " acknowledged, beside its device alone and beside fio.")
final class StoreBenchCommand implements Callable<Integer> {
    private static final List<Integer> CHUNK_LENGTHS = List.of(1 << 20, 64 << 10);
    private static final long LEAST_BYTES = 64L << 20;
    private static final long MOST_BYTES = 64L << 30;
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
            defaultValue = "7",
            paramLabel = "N",
            description = "Rounds, after one to warm up; store, device and fio take turns in each (default:"
                    + " ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--profile",
            defaultValue = "embedded",
            paramLabel = "P",
            description =
                    "Profile: a YAML file or a built-in name; its engine section and the first target's queue depth"
                            + " are used (default: ${DEFAULT-VALUE}).")
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
            Report report = new StoreBench(
                            ProfileLoader.load(profile).requireTargets(),
                            bytes(),
                            rounds,
                            CHUNK_LENGTHS,
                            stop,
                            progress)
                    .run(dir);
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? report.toJson() : report.toTable());
            out.flush();
            return ExitCode.OK.code();
        }
    }

    private long bytes() {
        try {
            long bytes = ByteSize.parse(size);
            if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
                throw new IllegalArgumentException(
                        "expected " + ByteSize.format(LEAST_BYTES) + " to " + ByteSize.format(MOST_BYTES));
            }
            return bytes >> 20 << 20;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--size: " + e.getMessage(), e);
        }
    }
}

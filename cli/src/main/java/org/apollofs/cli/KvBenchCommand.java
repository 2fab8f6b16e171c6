package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apollofs.perf.kv.KvSettings;
import org.apollofs.perf.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Keys and values under load, beside the bare Aeron Cluster: see {@link KvBench}. */
@Command(
        name = "kv",
        description =
                "Puts and gets of small values beside a bare Aeron Cluster echo service at the same settings, the ceiling.")
final class KvBenchCommand implements Callable<Integer> {
    private static final int MOST_ROUNDS = 50;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--members",
            defaultValue = "1",
            paramLabel = "N",
            description = "1 or 3 (default: ${DEFAULT-VALUE}).")
    private int members;

    @Option(
            names = "--clients",
            defaultValue = "64",
            paramLabel = "C",
            description = "Logical clients, each with a key of its own (default: ${DEFAULT-VALUE}).")
    private int clients;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            description = "Operations under way over all clients (default: one a client).")
    private Integer inFlight;

    @Option(
            names = "--value",
            defaultValue = "128",
            paramLabel = "BYTES",
            description = "Bytes of a value (default: ${DEFAULT-VALUE}).")
    private int value;

    @Option(
            names = "--read-ratio",
            defaultValue = "0",
            paramLabel = "R",
            description = "Share of gets, 0 to 1; the rest are puts (default: ${DEFAULT-VALUE}).")
    private double readRatio;

    @Option(
            names = "--sync",
            defaultValue = "1",
            paramLabel = "LEVEL",
            description = "File sync level: 0 not durable, 1 data, 2 data and metadata (default: ${DEFAULT-VALUE}).")
    private int sync;

    @Option(names = "--embedded", description = "The one member in this process, as in an embedded site.")
    private boolean embedded;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            paramLabel = "S",
            description = "Length of one measurement (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            paramLabel = "N",
            description = "Rounds, after one to warm up; both take turns in each (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--follow",
            description = "Measure followers of the change log instead: a live one, and one that catches up.")
    private boolean follow;

    @Option(
            names = "--behind",
            defaultValue = "1000000",
            paramLabel = "N",
            description = "With --follow: changes that a follower begins behind (default: ${DEFAULT-VALUE}).")
    private long behind;

    @Option(names = "--dir", paramLabel = "DIR", description = "Empty or new folder on the disk to be measured.")
    private Path dir;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (rounds < 1 || rounds > MOST_ROUNDS) {
            throw wrong("--rounds: expected 1 to " + MOST_ROUNDS + ", found " + rounds, null);
        }
        if (!(seconds > 0)) {
            throw wrong("--seconds: expected more than 0, found " + seconds, null);
        }
        StopSignal stop = StopSignal.install();
        try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
            Report report = follow
                    ? new FollowBench(settings(), seconds, rounds, behind, stop, progress).run(dir)
                    : new KvBench(settings(), seconds, rounds, stop, progress).run(dir);
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? report.toJson() : report.toTable());
            out.flush();
            return ExitCode.OK.code();
        }
    }

    private KvSettings settings() {
        try {
            return new KvSettings(
                    members, clients, inFlight == null ? clients : inFlight, value, readRatio, sync, embedded);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage(), e);
        }
    }

    private ParameterException wrong(String message, Throwable cause) {
        return new ParameterException(spec.commandLine(), message, cause);
    }
}

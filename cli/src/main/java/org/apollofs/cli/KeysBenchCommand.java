package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apollofs.perf.kv.KvSettings;
import org.apollofs.perf.kv.LoadedMember;
import org.apollofs.perf.report.Bytes;
import org.apollofs.perf.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A member with many keys: its memory, its disk, and the time of a snapshot and of restarts. */
@Command(
        name = "keys",
        description =
                "Fill one member with many keys; print its memory and disk, and the time of a snapshot and of restarts.")
final class KeysBenchCommand implements Callable<Integer> {
    /** Of a key in the log, in the tables and in a snapshot, about, beside its value. */
    private static final long BYTES_BESIDE_VALUE = 650;

    private static final long SLACK_BYTES = 2L << 30;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--count",
            defaultValue = "10000000",
            paramLabel = "N",
            description = "Keys (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--value",
            defaultValue = "128",
            paramLabel = "BYTES",
            description = "Bytes of a value (default: ${DEFAULT-VALUE}).")
    private int value;

    @Option(
            names = "--sync",
            defaultValue = "1",
            paramLabel = "LEVEL",
            description = "File sync level: 0 not durable, 1 data, 2 data and metadata (default: ${DEFAULT-VALUE}).")
    private int sync;

    @Option(
            names = "--replay",
            description = "Also restart before there is a snapshot: the whole log is applied again.")
    private boolean replay;

    @Option(names = "--dir", paramLabel = "DIR", description = "Empty or new folder on the disk to be measured.")
    private Path dir;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    private StopSignal stop;

    @Override
    public Integer call() throws IOException {
        KvSettings settings = settings();
        stop = StopSignal.install();
        try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
            Workspace workspace = Workspace.open(
                    dir, "apollo-bench-", count * (BYTES_BESIDE_VALUE + 3L * value) + SLACK_BYTES, false);
            try (LoadedMember member = new LoadedMember(settings, workspace.root())) {
                stop.onRequest(member::kill);
                Report report = measure(member, progress);
                PrintWriter out = spec.commandLine().getOut();
                out.println(json ? report.toJson() : report.toTable());
                out.flush();
                return ExitCode.OK.code();
            } catch (RuntimeException e) {
                if (stop.isRequested()) {
                    throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again", e);
                }
                throw e;
            } finally {
                workspace.close().forEach(progress::say);
            }
        }
    }

    private KvSettings settings() {
        try {
            return new KvSettings(1, count, 1000, value, 0, sync, false);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage().replace("--clients", "--count"), e);
        }
    }

    private Report measure(LoadedMember member, ProgressLine progress) throws IOException {
        Report report =
                new Report("Apollo bench keys: one member, " + String.format(Locale.ROOT, "%,d", count) + " keys");
        report.count("keys", "keys", count, "")
                .count("valueBytes", "value", value, "B")
                .hidden("syncLevel", sync);
        progress.begin("start, empty");
        double empty = member.start();
        progress.end("answers");
        progress.begin("fill");
        double fill = member.fill(stop::isRequested);
        checkStopped();
        progress.end(String.format(Locale.ROOT, "%,.0f/s", count / fill));
        report.number("startEmptySeconds", "start of an empty member", empty, 2, "s")
                .number("putsPerSecond", "durable puts, 1,000 in flight", count / fill, 0, "/s");
        sizes(report, member, "filled");
        if (replay) {
            report.number("replaySeconds", "restart by the whole log", restart(member, progress), 2, "s");
        }
        progress.begin("snapshot");
        double snapshot = member.snapshot();
        progress.end("taken");
        report.number("snapshotSeconds", "snapshot", snapshot, 2, "s")
                .number(
                        "restartSeconds",
                        "restart from the snapshot, after kill -9",
                        restart(member, progress),
                        2,
                        "s");
        sizes(report, member, "restarted");
        return report;
    }

    private double restart(LoadedMember member, ProgressLine progress) throws IOException {
        progress.begin("restart after kill -9");
        member.crash();
        double seconds = member.start();
        checkStopped();
        progress.end("answers");
        return seconds;
    }

    private void checkStopped() {
        if (stop.isRequested()) {
            throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again");
        }
    }

    private static void sizes(Report report, LoadedMember member, String when) throws IOException {
        LoadedMember.Memory memory = member.memory();
        report.text(when + ".heap", "  memory of its own, " + when, Bytes.format(memory.anonymous()))
                .text(when + ".mapped", "  tables in memory, " + when, Bytes.format(memory.file()))
                .text(when + ".shared", "  Aeron's buffers, " + when, Bytes.format(memory.shared()))
                .text(when + ".tables", "  tables on disk, " + when, Bytes.format(member.diskBytes("state")))
                .text(when + ".log", "  log and snapshots, " + when, Bytes.format(member.diskBytes("archive")))
                .hidden(when + "Bytes", memory);
    }
}

package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.io.chunk.ChunkCheck;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.chunk.TargetInspection;
import org.apollofs.perf.report.Report;
import org.apollofs.profile.ByteSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads every chunk of a target and compares it with its checksums. */
@Command(
        name = "check",
        description =
                "Recover a target as a start would, then read every chunk and compare it with its checksums. The site"
                        + " must not run.")
final class TargetCheckCommand implements Callable<Integer> {
    private static final double BYTES_PER_GB = 1e9;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "The target's folder.")
    private Path folder;

    @Option(names = "--site", paramLabel = "UUID", description = "Fail if it belongs to another site.")
    private UUID site;

    @Option(names = "--rate", paramLabel = "SIZE", description = "Read at most so many bytes a second, such as 200MiB.")
    private String rate;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        long bytesPerSecond = bytesPerSecond();
        TargetInspection target = TargetInspectCommand.inspect(folder, site);
        Superblock superblock = target.superblock();
        StopSignal stop = StopSignal.install();
        ChunkStoreContext context = new ChunkStoreContext()
                .directory(folder)
                .siteId(superblock.siteId())
                .targetId(superblock.targetId())
                .clock(SystemNanoClock.INSTANCE);
        try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
            progress.begin("recover " + folder);
            try (ChunkCheck check = ChunkCheck.open(context, superblock.chunkLength(), bytesPerSecond)) {
                progress.end(String.format(Locale.ROOT, "%,d chunks", check.chunkCount()));
                double seconds = run(check, stop, progress);
                return report(check, superblock, seconds);
            }
        }
    }

    private static double run(ChunkCheck check, StopSignal stop, ProgressLine progress) {
        LongAdder done = new LongAdder();
        IdleStrategy idle = new BackoffIdleStrategy();
        progress.begin("check", check.usedBytes(), done);
        while (!check.isDone()) {
            if (stop.isRequested()) {
                throw new CommandFailure(
                        ExitCode.INTERRUPTED,
                        "stopped by a signal after " + check.checkedChunks() + " of " + check.chunkCount()
                                + " chunks, bad so far: " + (check.damagedChunks() + check.unreadableChunks()),
                        "run it again");
            }
            idle.idle(check.doWork());
            done.add(check.checkedBytes() - done.sum());
        }
        return progress.end(String.format(Locale.ROOT, "%,d chunks read", check.checkedChunks()));
    }

    private int report(ChunkCheck check, Superblock superblock, double seconds) {
        long bad = check.damagedChunks() + check.unreadableChunks();
        Report report = new Report("Apollo target check: " + folder)
                .text("siteId", "site", superblock.siteId().toString())
                .count("targetId", "target", superblock.targetId(), " ")
                .count("chunks", "chunks", check.checkedChunks(), "chunks")
                .count("bytes", "payload", check.checkedBytes(), "bytes")
                .number("seconds", "time", seconds, 2, "s")
                .number("gbPerSecond", "rate", check.checkedBytes() / seconds / BYTES_PER_GB, 2, "GB/s")
                .count("damagedChunks", "damaged", check.damagedChunks(), "chunks")
                .count("unreadableChunks", "not readable", check.unreadableChunks(), "chunks")
                .hidden("findings", check.findings());
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? report.toJson() : report.toTable());
        if (!json) {
            check.findings().forEach(out::println);
        }
        out.flush();
        if (bad > 0) {
            throw new CommandFailure(
                    ExitCode.VERIFY,
                    "chunks are bad: target=" + superblock.targetId() + ", damaged=" + check.damagedChunks()
                            + ", not readable=" + check.unreadableChunks(),
                    "keep the target: a running site with parity rebuilds bad chunks from the others when it reads or"
                            + " scrubs them, and 'apollo status' shows it");
        }
        return ExitCode.OK.code();
    }

    private long bytesPerSecond() {
        if (rate == null) {
            return ChunkCheck.FULL_SPEED;
        }
        try {
            return Math.max(1, ByteSize.parse(rate));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--rate: " + e.getMessage(), e);
        }
    }
}

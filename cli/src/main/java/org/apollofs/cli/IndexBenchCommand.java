package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.io.chunk.StoreScale;
import org.apollofs.perf.device.Samples;
import org.apollofs.perf.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a target with millions of chunks costs: see {@link StoreScale}. */
@Command(
        name = "index",
        description =
                "Memory of the index, and time to open, of a target that holds millions of chunks of 1 MiB (the data is"
                        + " a hole: a few GB of disk are enough).")
final class IndexBenchCommand implements Callable<Integer> {
    private static final int CHUNK_LENGTH = 1 << 20;
    private static final long MOST_CHUNKS = 15_000_000;
    private static final long BYTES_PER_CHUNK = 256;
    private static final long SLACK_BYTES = 1L << 30;
    private static final int OPENS = 3;
    private static final double MILLION = 1e6;

    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", paramLabel = "DIR", description = "Empty or new folder on a disk.")
    private Path dir;

    @Option(
            names = "--chunks",
            defaultValue = "10000000",
            paramLabel = "N",
            description = "Chunks that the target holds (default: ${DEFAULT-VALUE}).")
    private long chunks;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (chunks < 1 || chunks > MOST_CHUNKS) {
            throw new ParameterException(
                    spec.commandLine(), "--chunks: expected 1 to " + MOST_CHUNKS + ", found " + chunks);
        }
        StopSignal stop = StopSignal.install();
        Workspace workspace = Workspace.open(dir, "apollo-bench-", chunks * BYTES_PER_CHUNK + SLACK_BYTES, false);
        try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
            try {
                Report report = measure(workspace.root().resolve("0"), stop, progress);
                PrintWriter out = spec.commandLine().getOut();
                out.println(json ? report.toJson() : report.toTable());
                out.flush();
                return ExitCode.OK.code();
            } finally {
                workspace.close().forEach(progress::say);
            }
        }
    }

    private Report measure(Path folder, StopSignal stop, ProgressLine progress) throws IOException {
        StoreScale scale = new StoreScale(folder, chunks, CHUNK_LENGTH, SystemNanoClock.INSTANCE);
        progress.begin("snapshot of " + chunks + " chunks");
        scale.make();
        progress.end("");
        Samples opens = new Samples();
        StoreScale.Result result = null;
        for (int i = 1; i <= OPENS; i++) {
            if (stop.isRequested()) {
                throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again");
            }
            progress.begin("open " + i + " of " + OPENS);
            result = scale.open();
            progress.end("");
            opens.add(result.openSeconds());
        }
        return new Report("Apollo bench index: a target that holds chunks of 1 MiB")
                .count("chunks", "chunks", result.chunkCount(), "chunks")
                .number("openSeconds", "open, median of " + OPENS, opens.median(), 2, "s")
                .hidden("opens", opens.values())
                .number("snapshotSeconds", "snapshot written", result.snapshotSeconds(), 2, "s")
                .count("snapshotBytes", "snapshot", result.snapshotBytes(), "bytes")
                .count("memoryBytes", "memory of index and space", result.memoryBytes(), "bytes")
                .number(
                        "memoryMbPerMillionChunks",
                        "memory a million chunks",
                        result.memoryBytes() / (result.chunkCount() / MILLION) / MILLION,
                        1,
                        "MB");
    }
}

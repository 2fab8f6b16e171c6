package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apollofs.perf.report.Report;
import org.apollofs.perf.store.StoreSoak;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Many chunks through a store in a small heap, in a process of its own: see {@link StoreSoak}. */
@Command(
        name = "heap",
        description =
                "Write and read back many chunks through a store in a process with a small heap, and show that process's"
                        + " garbage collection pauses.")
final class HeapBenchCommand implements Callable<Integer> {
    private static final int MOST_CHUNKS = 20_000_000;
    private static final long SLACK_BYTES = 1L << 30;

    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", paramLabel = "DIR", description = "Empty or new folder on a disk.")
    private Path dir;

    @Option(
            names = "--chunks",
            defaultValue = "1000000",
            paramLabel = "N",
            description = "Chunks, held all at once (default: ${DEFAULT-VALUE}).")
    private int chunks;

    @Option(
            names = "--heap",
            defaultValue = "256m",
            paramLabel = "SIZE",
            description = "Largest heap, as -Xmx has it (default: ${DEFAULT-VALUE}).")
    private String heap;

    @Option(
            names = "--profile",
            defaultValue = "embedded",
            paramLabel = "P",
            description = "Profile whose engine section is used (default: ${DEFAULT-VALUE}).")
    private String profile;

    @Option(names = "--here", hidden = true, description = "In this process.")
    private boolean here;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (chunks < 1 || chunks > MOST_CHUNKS) {
            throw new ParameterException(
                    spec.commandLine(), "--chunks: expected 1 to " + MOST_CHUNKS + ", found " + chunks);
        }
        if (!heap.matches("[0-9]+[kKmMgG]?")) {
            throw new ParameterException(spec.commandLine(), "--heap: expected a size such as 256m, found " + heap);
        }
        return here ? measure() : launch();
    }

    private int launch() throws IOException {
        StopSignal stop = StopSignal.install();
        Workspace workspace = Workspace.open(dir, "apollo-bench-", StoreSoak.diskBytes(chunks) + SLACK_BYTES, false);
        try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
            try {
                progress.begin("process with -Xmx" + heap);
                Process process = new ProcessBuilder(command(workspace.root()))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
                stop.onRequest(process::destroyForcibly);
                process.getOutputStream().close();
                String output =
                        new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
                int exitCode = process.waitFor();
                progress.end("");
                if (stop.isRequested()) {
                    throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again");
                }
                PrintWriter out = spec.commandLine().getOut();
                out.print(output);
                out.flush();
                return exitCode;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            } finally {
                workspace.close().forEach(progress::say);
            }
        }
    }

    private List<String> command(Path folder) {
        List<String> arguments = new ArrayList<>(
                List.of("bench", "heap", "--here", "--chunks", Integer.toString(chunks), "--dir", folder.toString()));
        arguments.addAll(List.of("--profile", profile));
        if (json) {
            arguments.add("--json");
        }
        List<String> command = new ArrayList<>(JvmCommand.apollo(arguments));
        // Behind the other flags: the last one wins.
        command.add(command.indexOf("-cp"), "-Xmx" + heap);
        return command;
    }

    private int measure() throws IOException {
        HardwareProfile loaded = ProfileLoader.load(profile);
        StoreSoak.Result result = StoreSoak.run(chunks, dir, TargetServers.device(loaded.engine()));
        Report report = new Report("Apollo bench heap: chunks written, held and read back through one store")
                .count("chunks", "chunks", result.chunkCount(), "chunks")
                .count("maxHeapBytes", "largest heap", result.maxHeapBytes(), "bytes")
                .number("writeSeconds", "written, each durable", result.writeSeconds(), 2, "s")
                .number("readSeconds", "read and compared", result.readSeconds(), 2, "s")
                .number(
                        "allocatedBytesPerChunk",
                        "heap allocated by the pipeline, a chunk",
                        (double) result.allocatedBytes() / result.chunkCount(),
                        3,
                        "bytes")
                .count(
                        "pauses",
                        "collector pauses, whole process",
                        result.pauses().count(),
                        "pauses")
                .number("longestPauseMs", "longest pause", result.pauses().longestMs(), 2, "ms")
                .number("totalPauseMs", "all pauses", result.pauses().totalMs(), 2, "ms")
                .count("memoryBytes", "index and space, outside the heap", result.memoryBytes(), "bytes");
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? report.toJson() : report.toTable());
        out.flush();
        return ExitCode.OK.code();
    }
}

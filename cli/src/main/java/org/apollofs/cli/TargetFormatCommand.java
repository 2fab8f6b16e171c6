package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.device.DataFile;
import org.apollofs.perf.report.Report;
import org.apollofs.profile.ByteSize;
import org.apollofs.profile.EngineProfile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a target: a folder with a data file, or with a link to a raw block device. */
@Command(
        name = "format",
        description =
                "Make a target: a folder with a data file in it, or beside a raw block device. Nothing that is there"
                        + " already is touched.")
final class TargetFormatCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "The target's folder: not there yet, its parent is.")
    private Path folder;

    @Option(
            names = "--id",
            required = true,
            paramLabel = "N",
            description = "Number of the target in its site, from 0.")
    private int id;

    @Option(names = "--site", paramLabel = "UUID", description = "Site that it belongs to (default: a new one).")
    private UUID site;

    @Option(names = "--size", paramLabel = "SIZE", description = "Bytes for chunks; of a raw device all by default.")
    private String size;

    @Option(
            names = "--chunk",
            defaultValue = "1MiB",
            paramLabel = "SIZE",
            description = "Longest chunk: a power of two, 64 KiB to 16 MiB (default: ${DEFAULT-VALUE}).")
    private String chunk;

    @Option(
            names = "--journal",
            defaultValue = "64MiB",
            paramLabel = "SIZE",
            description = "Each of the two journals (default: ${DEFAULT-VALUE}).")
    private String journal;

    @Option(names = "--device", paramLabel = "DEVICE", description = "Raw block device that chunks go to.")
    private Path device;

    @Option(names = "--overwrite", description = "Format a raw device that is not blank. What is on it is lost.")
    private boolean overwrite;

    @Option(
            names = "--preallocate",
            defaultValue = "write",
            paramLabel = "HOW",
            description =
                    "How a data file gets its space: write (every block once, so that later writes are overwrites) or"
                            + " fallocate (default: ${DEFAULT-VALUE}).")
    private EngineProfile.Preallocate preallocate;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (id < 0) {
            throw new ParameterException(spec.commandLine(), "--id: expected 0 or more, found " + id);
        }
        if (size == null && device == null) {
            throw new ParameterException(spec.commandLine(), "--size: needed without --device");
        }
        int chunkLength = (int) Math.min(Integer.MAX_VALUE, bytes("--chunk", chunk));
        StopSignal stop = StopSignal.install();
        LongAdder done = new LongAdder();
        Superblock superblock;
        try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
            long length = size == null
                    ? 0
                    : Superblock.deviceLengthFor(bytes("--size", size) / Math.max(1, chunkLength), chunkLength);
            progress.begin("format " + folder, length, done);
            superblock = new StoreFormat(folder, site == null ? UUID.randomUUID() : site, id)
                    .deviceLength(length)
                    .rawDevice(device)
                    .overwrite(overwrite)
                    .chunkLength(chunkLength)
                    .journalLength((int) Math.min(Integer.MAX_VALUE, bytes("--journal", journal)))
                    .formatId(new SecureRandom().nextLong())
                    .nowMs(System.currentTimeMillis())
                    .mode(
                            preallocate == EngineProfile.Preallocate.WRITE
                                    ? DataFile.Mode.ZEROED
                                    : DataFile.Mode.ALLOCATED)
                    .progress((doneBytes, totalBytes) -> onProgress(stop, done, doneBytes))
                    .format();
            progress.end("");
        }
        Report report = TargetInspectCommand.describe(new Report("Apollo target, formatted: " + folder), superblock);
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? report.toJson() : report.toTable());
        out.flush();
        return ExitCode.OK.code();
    }

    private static void onProgress(StopSignal stop, LongAdder done, long doneBytes) {
        if (stop.isRequested()) {
            throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal, nothing is left", "run it again");
        }
        done.add(doneBytes - done.sum());
    }

    private long bytes(String option, String text) {
        try {
            return ByteSize.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage(), e);
        }
    }
}

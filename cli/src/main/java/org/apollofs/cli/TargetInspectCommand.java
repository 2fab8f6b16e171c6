package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.chunk.TargetInspection;
import org.apollofs.io.chunk.TargetRefusedException;
import org.apollofs.perf.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what a target's folder says about itself; only reads, so also while the target is in use. */
@Command(name = "inspect", description = "Show whose a target is, its geometry and its files. Only reads.")
final class TargetInspectCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "The target's folder.")
    private Path folder;

    @Option(names = "--site", paramLabel = "UUID", description = "Fail if it belongs to another site.")
    private UUID site;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        TargetInspection target = inspect(folder, site);
        Report report = describe(new Report("Apollo target: " + folder), target.superblock())
                .text("device", "device", target.device())
                .count("capacityBytes", "device, now", target.capacityBytes(), "bytes")
                .count("blockLength", "device, logical block", target.blockLength(), "bytes")
                .text("firstSuperblock", "superblock, first copy", copy(target.firstCopyIntact()))
                .text("secondSuperblock", "superblock, second copy", copy(target.secondCopyIntact()));
        for (TargetInspection.StoreFile file : target.files()) {
            String path = "files." + file.name();
            report.text(
                            path + ".state",
                            file.name(),
                            file.state()
                                    + (file.isWhole()
                                            ? ", generation " + file.generation() + ", from record "
                                                    + file.firstSequence()
                                            : ""))
                    .hidden(path + ".generation", file.generation())
                    .hidden(path + ".firstSequence", file.firstSequence())
                    .hidden(path + ".lengthBytes", file.lengthBytes());
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? report.toJson() : report.toTable());
        out.flush();
        return ExitCode.OK.code();
    }

    /** Looks, and compares the site if one is given. */
    static TargetInspection inspect(Path folder, UUID site) throws IOException {
        TargetInspection target = lookAt(folder);
        UUID found = target.superblock().siteId();
        if (site != null && !found.equals(site)) {
            throw new TargetRefusedException(
                    TargetRefusedException.Reason.OTHER_SITE,
                    "target refused: target=" + target.superblock().targetId() + ": it belongs to site " + found
                            + ", not " + site);
        }
        return target;
    }

    private static TargetInspection lookAt(Path folder) throws TargetRefusedException {
        try {
            return TargetInspection.of(folder);
        } catch (TargetRefusedException e) {
            throw e;
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.TARGET,
                    "target cannot be read: folder=" + folder + ", " + Failures.describe(e),
                    "name the folder of a target, and check its device",
                    e);
        }
    }

    /** Adds what a superblock says. */
    static Report describe(Report report, Superblock superblock) {
        return report.text("siteId", "site", superblock.siteId().toString())
                .count("targetId", "target", superblock.targetId(), " ")
                .count("formatVersion", "format version", Superblock.FORMAT_VERSION, " ")
                .text(
                        "formatted",
                        "formatted",
                        Instant.ofEpochMilli(superblock.formattedAtMs()).toString())
                .text(
                        "namespaceId",
                        "last used by namespace",
                        superblock.mark().isUsed()
                                ? superblock.mark().namespaceId().toString()
                                : "none")
                .count("generation", "of generation", superblock.mark().generation(), " ")
                .count("chunkLength", "longest chunk", superblock.chunkLength(), "bytes")
                .count("dataLength", "room for chunks", superblock.dataLength(), "bytes")
                .count("deviceLength", "device, at format", superblock.deviceLength(), "bytes");
    }

    private static String copy(boolean intact) {
        return intact ? "whole" : "damaged (the next open repairs it from the other)";
    }
}

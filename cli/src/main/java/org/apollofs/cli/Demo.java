package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.perf.report.Bytes;
import org.apollofs.perf.report.Report;
import org.apollofs.perf.workload.CheckpointLayout;
import org.apollofs.perf.workload.CheckpointReader;
import org.apollofs.perf.workload.CheckpointWriter;
import org.apollofs.perf.workload.ContentSource;
import org.apollofs.perf.workload.ExpectedDigests;
import org.apollofs.perf.workload.FileVerdict;
import org.apollofs.perf.workload.ReadOutcome;
import org.apollofs.perf.workload.WriteOutcome;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileWriter;
import org.apollofs.profile.TargetProfile;

/**
 * One checkpoint through all of Apollo: written by eight ranks into the mount of a fresh site, renamed and published,
 * read back after a restart, read back with as many targets gone as there is parity, and refused with one more gone.
 *
 * <p>The site is a process of its own, started anew for every part, so nothing is read from a cache that wrote it. One
 * thread runs it; a signal kills the site, upon which whatever waits for it fails and everything is taken down.
 */
final class Demo {
    private static final Duration DEADLINE = Duration.ofMinutes(10);
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final long SEED = 0x41504f4c4c4fL;
    private static final long LEAST_TARGET_BYTES = 128L << 20;
    private static final long SLACK_BYTES = 1L << 30;
    private static final long MIB = 1L << 20;
    private static final String STEP = "step-1";

    private final HardwareProfile profile;
    private final CheckpointLayout checkpoint;
    private final StopSignal stop;
    private final ProgressLine progress;
    private final AtomicReference<SiteProcess> running = new AtomicReference<>();
    private final Report report;

    private Workspace workspace;
    private ContentSource content;
    private ExpectedDigests digests;
    private long checksumFailures;
    private boolean passed = true;

    /** @param bytes of the checkpoint, about. */
    Demo(HardwareProfile profile, long bytes, StopSignal stop, ProgressLine progress) {
        this.checkpoint = CheckpointLayout.llama3x8b().scaledTo(bytes);
        this.profile = profile.withTargetSize(targetBytes(profile, checkpoint.fileBytes()));
        this.stop = stop;
        this.progress = progress;
        this.report = new Report("Apollo demo: " + checkpoint.name() + ", layout "
                + profile.layout().notation() + ", backend "
                + profile.mount().backend().name().toLowerCase(Locale.ROOT));
    }

    /** A chunk takes a whole size class, and the ends of tensors fill theirs only partly: half as much again. */
    private static long targetBytes(HardwareProfile profile, long bytes) {
        long share = bytes / profile.layout().dataChunks();
        return Math.max(LEAST_TARGET_BYTES, (share + share / 2 + 64 * MIB) / MIB * MIB);
    }

    /** Whether every byte matched, as long as it had to. */
    boolean passed() {
        return passed;
    }

    /** Runs all parts and cleans up, also after a failure. @param dir to work in, or null. */
    Report run(Path dir, boolean keep) throws IOException {
        long needed =
                profile.targets().stream().mapToLong(TargetProfile::sizeBytes).sum() + SLACK_BYTES;
        workspace = Workspace.open(dir, "apollo-demo-", needed, keep);
        stop.onRequest(() -> {
            SiteProcess site = running.get();
            if (site != null) {
                site.abort();
            }
        });
        try {
            progress.say("demo in " + workspace.root());
            parts();
            return report;
        } catch (IOException | RuntimeException e) {
            if (stop.isRequested()) {
                throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again", e);
            }
            throw e;
        } finally {
            cleanUp();
        }
    }

    private void cleanUp() throws IOException {
        SiteProcess site = running.getAndSet(null);
        if (site != null) {
            site.end(GRACE).forEach(progress::say);
        }
        workspace.close().forEach(progress::say);
    }

    private void parts() throws IOException {
        Files.writeString(profilePath(), ProfileWriter.toYaml(profile), StandardCharsets.UTF_8);
        progress.begin("content and its SHA-256");
        content = new ContentSource(checkpoint, SEED);
        digests = ExpectedDigests.of(checkpoint, content, DEADLINE);
        progress.end(Bytes.format(checkpoint.fileBytes()) + " in "
                + checkpoint.files().size() + " files");
        report.count("bytes", "checkpoint", checkpoint.fileBytes(), "bytes")
                .count("files", "files", checkpoint.files().size(), "files")
                .count("ranks", "ranks", checkpoint.ranks(), "ranks");
        write();
        readAfterRestart();
        int parity = profile.layout().parityChunks();
        if (parity > 0) {
            readDegraded(parity);
        } else {
            report.text("degradedRead", "degraded read", "skipped: no parity");
        }
        refuse(parity + 1);
        report.count("checksumFailures", "checksum failures", checksumFailures, "blocks")
                .flag("passed", "every byte matched", passed);
    }

    private void write() throws IOException {
        start("site, new");
        Path unfinished = Files.createDirectory(mount().resolve(STEP + ".tmp"));
        LongAdder done = new LongAdder();
        progress.begin("write, " + checkpoint.ranks() + " ranks", checkpoint.fileBytes(), done);
        WriteOutcome written = new CheckpointWriter(checkpoint, content, unfinished, done).write(DEADLINE);
        double seconds = progress.end(rate(written.allRankGbPerSecond()));
        Files.move(unfinished, mount().resolve(STEP), StandardCopyOption.ATOMIC_MOVE);
        try (NamespaceConnection connection = NamespaceConnection.ofSite(SiteFolder.of(site()))) {
            connection.keyValue().put("latest", STEP.getBytes(StandardCharsets.UTF_8), KeyValue.ANY_VERSION);
        }
        JsonNode client = status().path("client");
        stopSite();
        report.gap()
                .number("write.seconds", "write", seconds, 2, "s")
                .number("write.allRankGbPerSecond", "write, all ranks", written.allRankGbPerSecond(), 2, "GB/s")
                .number("write.rank0GbPerSecond", "write, rank 0's own clock", written.rank0GbPerSecond(), 2, "GB/s")
                .number(
                        "write.copiesPerByte",
                        "copies per byte",
                        client.path("copiesPerByteWritten").asDouble(),
                        2,
                        "")
                .gap();
    }

    private void readAfterRestart() throws IOException {
        start("site, started again");
        String latest = Files.readString(mount().resolve("latest"), StandardCharsets.UTF_8);
        if (!latest.equals(STEP)) {
            passed = false;
            progress.say("latest is '" + latest + "', expected '" + STEP + "'");
        }
        ReadOutcome outcome = read("read and compare", "read", true);
        report.flag("read.matched", "read matched", outcome.allMatched());
        stopSite();
    }

    private void readDegraded(int gone) throws IOException {
        takeAway(0, gone);
        start("site, " + gone + " of " + profile.targets().size() + " targets gone");
        ReadOutcome outcome = read("read and compare, degraded", "degradedRead", true);
        report.flag("degradedRead.matched", "degraded read matched", outcome.allMatched())
                .count(
                        "degradedRead.chunksReconstructed",
                        "chunks reconstructed",
                        status().path("client").path("chunksReconstructed").asLong(),
                        "chunks");
        stopSite();
    }

    /** With more gone than the layout survives, every read must fail, and soon. */
    private void refuse(int gone) throws IOException {
        takeAway(gone - 1, gone);
        start("site, " + gone + " of " + profile.targets().size() + " targets gone");
        ReadOutcome outcome = read("read, must fail with EIO", "refused", false);
        int refused = outcome.count(FileVerdict.Kind.IO_ERROR);
        boolean right = refused > 0
                && refused + outcome.count(FileVerdict.Kind.MATCHED)
                        == outcome.verdicts().size();
        passed &= right;
        String why = running.get().logLines().stream()
                .filter(line -> line.contains("unavailable"))
                .findFirst()
                .orElse("the site gave no reason");
        progress.say("    " + why);
        report.count("refused.files", "files refused with EIO", refused, "files")
                .hidden("refused.reason", why);
        stopSite();
    }

    private ReadOutcome read(String phase, String path, boolean mustMatch) throws IOException {
        LongAdder done = new LongAdder();
        progress.begin(phase, checkpoint.fileBytes(), done);
        ReadOutcome outcome = new CheckpointReader(checkpoint, digests, mount().resolve(STEP), done).read(DEADLINE);
        double seconds = progress.end(
                mustMatch ? rate(outcome.gbPerSecond()) : outcome.count(FileVerdict.Kind.IO_ERROR) + " files refused");
        if (mustMatch) {
            passed &= outcome.allMatched();
            outcome.failures()
                    .forEach(each -> progress.say("    " + each.name() + ": " + each.kind() + " " + each.detail()));
            report.number(path + ".seconds", phase, seconds, 2, "s")
                    .number(path + ".gbPerSecond", phase.replace(" and compare", ""), outcome.gbPerSecond(), 2, "GB/s");
        }
        checksumFailures += status().path("client").path("checksumFailures").asLong();
        return outcome;
    }

    private void start(String phase) throws IOException {
        if (stop.isRequested()) {
            throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again");
        }
        progress.begin(phase);
        SiteProcess site = SiteProcess.launch(new SiteProcess.SiteSpec(
                site(),
                workspace.directory("mnt"),
                workspace.root().resolve("site.log"),
                List.of("--profile", profilePath().toString())));
        running.set(site);
        site.awaitReady();
        progress.end("serves");
    }

    private void stopSite() throws IOException {
        running.get().stop();
        running.set(null);
    }

    /** Renames targets' folders away, as a drive that is not there any more. */
    private void takeAway(int from, int until) throws IOException {
        for (TargetProfile target : profile.targets().subList(from, until)) {
            Path folder = HardwareProfile.targetPath(site(), target);
            Files.move(folder, folder.resolveSibling(folder.getFileName() + ".gone"));
        }
    }

    private JsonNode status() {
        return ControlClient.ask(SiteFolder.of(site()), "status");
    }

    private Path site() {
        return workspace.root().resolve("site");
    }

    private Path mount() {
        return workspace.root().resolve("mnt");
    }

    private Path profilePath() {
        return workspace.root().resolve("profile.yaml");
    }

    private static String rate(double gbPerSecond) {
        return String.format(Locale.ROOT, "%.2f GB/s", gbPerSecond);
    }
}

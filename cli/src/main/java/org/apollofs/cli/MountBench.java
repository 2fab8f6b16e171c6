package org.apollofs.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apollofs.perf.device.DeviceCeiling;
import org.apollofs.perf.device.FileWriters;
import org.apollofs.perf.device.Samples;
import org.apollofs.perf.report.Report;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.MountProfile;
import org.apollofs.profile.ProfileWriter;
import org.apollofs.profile.TargetProfile;

/**
 * What goes through the mount beside what the disk takes, in one run: each round measures the disk and every number of
 * writers on every backend, in turn, so that all of them see the same machine.
 *
 * <p>Both sites run all the time, each a process of its own. A rate through a mount is counted with parity: what the disk
 * had to take for it. One thread runs it; a signal kills the sites.
 */
final class MountBench {
    private static final List<MountProfile.Backend> BACKENDS =
            List.of(MountProfile.Backend.KERNEL, MountProfile.Backend.JNR);
    private static final int[] WRITERS = {1, 4};
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final long SPACE_DEADLINE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long SLACK_BYTES = 1L << 30;
    private static final long MIB = 1L << 20;

    /** A site and what was measured on it. */
    private record Site(String backend, Path folder, Path mount, SiteProcess process, Samples[] samples) {}

    private final HardwareProfile profile;
    private final long bytes;
    private final int rounds;
    private final StopSignal stop;
    private final ProgressLine progress;
    private final List<Site> sites = new CopyOnWriteArrayList<>();
    private final Samples device = new Samples();
    private Workspace workspace;

    /** @param bytes of one measurement, a multiple of 4 MiB. */
    MountBench(HardwareProfile profile, long bytes, int rounds, StopSignal stop, ProgressLine progress) {
        long share = bytes / profile.layout().dataChunks();
        this.profile = profile.withTargetSize((share * 3 / 2 + 128 * MIB) / MIB * MIB);
        this.bytes = bytes;
        this.rounds = rounds;
        this.stop = stop;
        this.progress = progress;
    }

    /** Measures and cleans up, also after a failure. @param dir to work in, or null. */
    Report run(Path dir) throws IOException {
        long targets =
                profile.targets().stream().mapToLong(TargetProfile::sizeBytes).sum();
        workspace = Workspace.open(dir, "apollo-bench-", targets * BACKENDS.size() + bytes + SLACK_BYTES, false);
        stop.onRequest(() -> sites.forEach(site -> site.process().abort()));
        try {
            return measure();
        } catch (IOException | RuntimeException e) {
            if (stop.isRequested()) {
                throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again", e);
            }
            throw e;
        } finally {
            for (Site site : sites) {
                site.process().end(GRACE).forEach(progress::say);
            }
            workspace.close().forEach(progress::say);
        }
    }

    private Report measure() throws IOException {
        for (MountProfile.Backend backend : BACKENDS) {
            start(backend);
        }
        DeviceCeiling ceiling = DeviceCeiling.of(workspace.directory("device"));
        for (int round = 0; round <= rounds; round++) {
            boolean counts = round > 0;
            String name = counts ? "round " + round + " of " + rounds : "warm-up";
            progress.begin(name + ", disk");
            double rate = ceiling.measure(bytes);
            progress.end(rate(rate));
            if (counts) {
                device.add(rate);
            }
            for (Site site : sites) {
                for (int i = 0; i < WRITERS.length; i++) {
                    measure(site, i, name, counts);
                }
            }
        }
        return report(ceiling.method());
    }

    private void measure(Site site, int i, String round, boolean counts) throws IOException {
        long freeBefore = freeBytes(site);
        FileWriters writers = new FileWriters(site.mount(), WRITERS[i]);
        progress.begin(round + ", " + site.backend() + " x" + WRITERS[i]);
        double rate = writers.measure(bytes) * withParity();
        progress.end(rate(rate) + " with parity");
        writers.delete();
        awaitSpace(site, freeBefore);
        if (counts) {
            site.samples()[i].add(rate);
        }
    }

    private double withParity() {
        int data = profile.layout().dataChunks();
        return (double) (data + profile.layout().parityChunks()) / data;
    }

    private void start(MountProfile.Backend backend) throws IOException {
        String name = backend.name().toLowerCase(Locale.ROOT);
        progress.begin("site, " + name);
        Path file = workspace.root().resolve(name + ".yaml");
        Files.writeString(file, ProfileWriter.toYaml(profile.withBackend(backend)), StandardCharsets.UTF_8);
        SiteProcess.SiteSpec spec = new SiteProcess.SiteSpec(
                workspace.root().resolve(name),
                workspace.directory(name + "-mnt"),
                workspace.root().resolve(name + ".log"),
                List.of("--profile", file.toString()));
        SiteProcess process = SiteProcess.launch(spec);
        Samples[] samples = {new Samples(), new Samples()};
        sites.add(new Site(name, spec.site(), spec.mountPoint(), process, samples));
        process.awaitReady();
        progress.end("serves");
    }

    /** What was deleted is deleted on the targets too before the next writes are measured. */
    private void awaitSpace(Site site, long freeBytes) throws IOException {
        long endNs = System.nanoTime() + SPACE_DEADLINE_NS;
        while (freeBytes(site) < freeBytes - freeBytes / 50) {
            if (System.nanoTime() > endNs) {
                throw new CommandFailure(
                        ExitCode.MEASURE,
                        "space was not given back within 60 s: backend=" + site.backend(),
                        "see 'apollo status', garbage");
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    private static long freeBytes(Site site) {
        return ControlClient.ask(SiteFolder.of(site.folder()), "status")
                .path("space")
                .path("freeBytes")
                .asLong();
    }

    private Report report(String method) {
        Report report =
                new Report("Apollo bench mount: layout " + profile.layout().notation()
                        + ", 1 MiB writes and fsync, counted with parity, medians of " + rounds + " rounds");
        report.text("device.method", "disk, measured by", method)
                .number("device.gbPerSecond", "disk", device.median(), 2, "GB/s")
                .hidden("device.rounds", device.values());
        for (Site site : sites) {
            for (int i = 0; i < WRITERS.length; i++) {
                String path = site.backend() + ".x" + WRITERS[i];
                String label = site.backend() + ", " + WRITERS[i] + (WRITERS[i] == 1 ? " writer" : " writers");
                double median = site.samples()[i].median();
                report.number(path + ".gbPerSecond", label, median, 2, "GB/s")
                        .number(path + ".ofDevice", label + ", of the disk", median / device.median(), 2, "")
                        .hidden(path + ".rounds", site.samples()[i].values());
            }
        }
        List<Site> all = new ArrayList<>(sites);
        for (int i = 0; i < WRITERS.length; i++) {
            report.number(
                    "kernelToJnr.x" + WRITERS[i],
                    "kernel to jnr, x" + WRITERS[i],
                    all.get(0).samples()[i].median() / all.get(1).samples()[i].median(),
                    2,
                    "");
        }
        return report;
    }

    private static String rate(double gbPerSecond) {
        return String.format(Locale.ROOT, "%.2f GB/s", gbPerSecond);
    }
}

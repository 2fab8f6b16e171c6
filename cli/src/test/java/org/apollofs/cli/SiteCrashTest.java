package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An {@code apollo up} that dies in the middle of writing, by kill -9 or by a power cut, and is started again: what was
 * fsynced, closed or renamed is whole, the rest is absent or a beginning, nothing hangs. More rounds:
 * {@code -Dapollo.siteKills=N}, {@code -Dapollo.siteCuts=N}; another run: {@code -Dapollo.seed=S}.
 */
@Timeout(900)
final class SiteCrashTest {
    private static final long TARGET_BYTES = 128L << 20;
    private static final long FILE_SYSTEM_BYTES = 3L << 30;
    private static final int LEAST_PROMISES = 20;
    private static final int MORE_PROMISES = 80;
    private static final Duration GRACE = Duration.ofSeconds(10);

    @TempDir
    private Path temporary;

    private Path mountPoint;
    private long seed;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        seed = Long.getLong("apollo.seed", 20261125);
        System.out.println("seed=" + seed);
    }

    @Test
    void shouldKeepPromisesOverKills() throws IOException, InterruptedException {
        rounds(temporary.resolve("site"), Integer.getInteger("apollo.siteKills", 3), SiteProcess::abort, () -> {});
    }

    @Test
    void shouldKeepPromisesOverPowerCuts() throws IOException, InterruptedException {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(temporary, FILE_SYSTEM_BYTES)) {
            Path folder = disk.root().resolve("site");
            List<Path> buffers = new ArrayList<>();
            Crash cut = site -> {
                buffers.add(
                        Path.of(Files.readString(SiteFolder.of(folder).driver()).strip()));
                disk.cut();
                site.abort();
            };
            Restore restore = () -> {
                // Power that is gone takes shared memory along, and the note where in it the driver was may be lost.
                SiteFolder.deleteTree(buffers.removeLast());
                disk.restore();
            };
            rounds(folder, Integer.getInteger("apollo.siteCuts", 2), cut, restore);
        }
    }

    /** What befalls a site. */
    private interface Crash {
        void strike(SiteProcess site) throws IOException;
    }

    /** What comes before it is started again. */
    private interface Restore {
        void run() throws IOException;
    }

    private void rounds(Path site, int rounds, Crash crash, Restore restore) throws IOException, InterruptedException {
        Path profile = temporary.resolve("profile.yaml");
        Files.writeString(
                profile,
                ProfileWriter.toYaml(ProfileLoader.load("embedded").withTargetSize(TARGET_BYTES)),
                StandardCharsets.UTF_8);
        SiteProcess.SiteSpec spec = new SiteProcess.SiteSpec(
                site, mountPoint, temporary.resolve("site.log"), List.of("--profile", profile.toString()));
        Random random = new Random(seed);
        SiteProcess running = SiteProcess.launch(spec);
        try {
            running.awaitReady();
            for (int round = 0; round < rounds; round++) {
                CrashLoad load = new CrashLoad(mountPoint, random.nextLong());
                load.runUntilPromised(LEAST_PROMISES + random.nextInt(MORE_PROMISES));
                crash.strike(running);
                load.awaitEnd();
                // The mount of the one that is gone is left for the next to detach.
                assertTrue(running.awaitEnd(GRACE), "did not end");
                restore.run();
                running = SiteProcess.launch(spec);
                running.awaitReady();
                int found = load.check();
                assertTrue(found > 0, "nothing was promised: seed=" + seed);
            }
            running.stop();
        } catch (IOException | RuntimeException | AssertionError e) {
            running.logLines().forEach(System.out::println);
            throw e;
        } finally {
            running.end(GRACE).forEach(System.out::println);
        }
    }
}

package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An embedded site is hurt while programs work in its mount and on its keys: nothing that was acknowledged is lost, and nobody is
 * told of an error that the situation does not justify.
 *
 * <p>By command: {@code -Dapollo.faults=pause:1,pause:12,pause:45,pause:300,freeze:40,full:5,fill:2,slow:20,kill,term,cut}, each so
 * many times, mixed: {@code -Dapollo.rounds=N}; with {@code -Dapollo.slow=true} the site has the lowest priority, on one core,
 * beside four busy loops; {@code -Dapollo.seed=S}; {@code -Dapollo.backend=jnr}.
 */
@Timeout(7_200)
final class SiteNemesisTest {
    private static final long TARGET_BYTES = 192L << 20;
    private static final long FILE_SYSTEM_BYTES = 6L << 30;
    private static final int WORKERS = 4;
    private static final String FAULTS = "pause:12,freeze:5,kill,cut";

    @TempDir
    private Path temporary;

    private Path mountPoint;
    private long seed;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        seed = Long.getLong("apollo.seed", 20261125);
        System.out.println("seed=" + seed);
    }

    /** The faults of this run, in an order of the seed if each comes several times. */
    private List<Fault> faults() {
        int rounds = Integer.getInteger("apollo.rounds", 1);
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            faults.addAll(Fault.parseAll(System.getProperty("apollo.faults", FAULTS)));
        }
        if (rounds > 1) {
            Collections.shuffle(faults, new Random(seed));
        }
        return faults;
    }

    @Test
    void shouldKeepItsWordWhateverHappens() throws Exception {
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(temporary, FILE_SYSTEM_BYTES);
                SlowCore slow = Boolean.getBoolean("apollo.slow") ? SlowCore.start() : null) {
            SiteProcess.SiteSpec spec = new SiteProcess.SiteSpec(
                    disk.root().resolve("site"), mountPoint, temporary.resolve("site.log"), options());
            SiteVictim site = new SiteVictim(spec, slow);
            try {
                site.launch();
                site.awaitReady();
                long wrong = hurt(site, new Fault.Place(disk, mountPoint), spec);
                if (wrong > 0) {
                    Evidence.keep(temporary);
                }
                assertEquals(0, wrong, "see the lines above, marked WRONG: seed=" + seed);
            } finally {
                site.end();
            }
        }
    }

    private List<String> options() throws IOException {
        Path profile = temporary.resolve("profile.yaml");
        Files.writeString(
                profile,
                ProfileWriter.toYaml(ProfileLoader.load("embedded").withTargetSize(TARGET_BYTES)),
                StandardCharsets.UTF_8);
        return List.of("--profile", profile.toString(), "--backend", System.getProperty("apollo.backend", "kernel"));
    }

    private long hurt(SiteVictim site, Fault.Place place, SiteProcess.SiteSpec spec) throws Exception {
        LoadProcess load = LoadProcess.start(
                temporary.resolve("journal"),
                seed,
                WORKERS,
                List.of("--mount", mountPoint.toString(), "--dir", spec.site().toString()));
        long wrong = 0;
        try {
            Nemesis nemesis = new Nemesis(place, load, WORKERS, System.out);
            nemesis.begin(site);
            for (Fault fault : faults()) {
                nemesis.round(fault, site);
            }
            nemesis.end(site);
            wrong += nemesis.wrong();
        } finally {
            load.kill();
        }
        wrong += Verification.run(load.journal(), mountPoint, null, "live");
        wrong += checkStatus(spec);
        site.terminate();
        try (Stream<Path> below = Files.list(mountPoint)) {
            assertEquals(List.of(), below.toList(), "written beside the mount");
        }
        site.launch();
        site.awaitReady();
        wrong += Verification.run(load.journal(), mountPoint, null, "after a restart");
        site.terminate();
        return wrong;
    }

    private static long checkStatus(SiteProcess.SiteSpec spec) {
        String state = ControlClient.ask(SiteFolder.of(spec.site()), "status")
                .path("state")
                .asText();
        if (state.equals("healthy")) {
            return 0;
        }
        System.out.println("  WRONG status says " + state);
        return 1;
    }
}

package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.perf.durability.KeyAccess;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three members of a namespace are hurt while a client of another process works on its keys. As long as a majority is well, and
 * also while all stand still, no call fails.
 *
 * <p>By command: {@code -Dapollo.memberFaults=leader/pause:12,follower/kill,all/cut} and the other properties of {@link
 * SiteNemesisTest}.
 */
@Timeout(7_200)
final class MemberNemesisTest {
    private static final long FILE_SYSTEM_BYTES = 4L << 30;
    private static final int WORKERS = 4;
    private static final String FAULTS = "follower/pause:12,leader/kill";

    @TempDir
    private Path temporary;

    private long seed;

    @BeforeEach
    void prepare() {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
        seed = Long.getLong("apollo.seed", 20261125);
        System.out.println("seed=" + seed);
    }

    /** Who is hurt, and how. */
    private record Blow(String role, Fault fault) {
        static Blow parse(String text) {
            String[] parts = text.split("/", 2);
            return new Blow(parts[0], Fault.parseAll(parts[1]).getFirst());
        }
    }

    private List<Blow> blows() {
        int rounds = Integer.getInteger("apollo.rounds", 1);
        List<Blow> blows = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            for (String text : System.getProperty("apollo.memberFaults", FAULTS).split(",", -1)) {
                blows.add(Blow.parse(text));
            }
        }
        if (rounds > 1) {
            Collections.shuffle(blows, new Random(seed));
        }
        return blows;
    }

    @Test
    void shouldKeepItsWordWhateverHappens() throws Exception {
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(temporary, FILE_SYSTEM_BYTES);
                SlowCore slow = Boolean.getBoolean("apollo.slow") ? SlowCore.start() : null;
                MemberVictims members =
                        new MemberVictims(Files.createDirectory(disk.root().resolve("members")), temporary, slow)) {
            members.start();
            long wrong = hurt(members, new Fault.Place(disk, null));
            if (wrong > 0) {
                Evidence.keep(temporary);
            }
            assertEquals(0, wrong, "see the lines above, marked WRONG: seed=" + seed);
        }
    }

    private long hurt(MemberVictims members, Fault.Place place) throws Exception {
        LoadProcess load = LoadProcess.start(
                temporary.resolve("journal"),
                seed,
                WORKERS,
                List.of("--profile", members.profile().toString()));
        long wrong = 0;
        try {
            Nemesis nemesis = new Nemesis(place, load, WORKERS, System.out);
            nemesis.begin(members.victim("all"));
            for (Blow blow : blows()) {
                nemesis.round(blow.fault(), members.victim(blow.role()));
            }
            nemesis.end(members.victim("all"));
            wrong += nemesis.wrong();
        } finally {
            load.kill();
        }
        wrong += verify(members, load.journal(), "live");
        Victim all = members.victim("all");
        all.terminate();
        all.launch();
        all.awaitReady();
        wrong += verify(members, load.journal(), "after a restart");
        all.terminate();
        return wrong;
    }

    private static long verify(MemberVictims members, Path journal, String when)
            throws IOException, InterruptedException {
        try (KeyAccess keys = new ReconnectingKeys(() -> NamespaceConnection.ofMembers(
                ProfileLoader.load(members.profile().toString())))) {
            return Verification.run(journal, null, keys, when);
        }
    }
}

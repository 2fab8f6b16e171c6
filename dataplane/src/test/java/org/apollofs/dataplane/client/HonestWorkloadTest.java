package org.apollofs.dataplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Seeds of {@link HonestWorkload}; more of them with {@code -Dapollo.rounds=}. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class HonestWorkloadTest {
    private static final int ROUNDS = Integer.getInteger("apollo.rounds", 6);
    private static final long FIRST_SEED = Long.getLong("apollo.seed", 1);
    private static final int STEPS = 200;

    @TempDir
    Path directory;

    @Test
    void shouldTellTheTruth() throws Exception {
        int errors = 0;
        int losses = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
            HonestWorkload workload = run(seed, "a" + seed);
            errors += workload.errors();
            losses += workload.losses();
        }
        System.out.println("errors=" + errors + ", losses=" + losses);
        assertTrue(losses > 0, "nothing was ever lost: the faults do not bite");
        assertTrue(errors > losses);
    }

    @Test
    void shouldDoTheSameWithTheSameSeed() throws Exception {
        assertEquals(run(42, "b").trace(), run(42, "c").trace());
    }

    private HonestWorkload run(long seed, String name) throws Exception {
        Path own = Files.createDirectory(directory.resolve(name));
        try (OneThreadSite site = new OneThreadSite(own, "4+2", 64, seed)) {
            HonestWorkload workload = new HonestWorkload(site, seed);
            workload.run(STEPS);
            return workload;
        } catch (AssertionError e) {
            throw new AssertionError("seed=" + seed + ": " + e.getMessage(), e);
        }
    }
}

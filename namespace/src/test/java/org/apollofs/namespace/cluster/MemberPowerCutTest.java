package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power of members is cut under load: their folders lie on an XFS of their own that is shut down, so that what was not
 * synced is gone, in whole pages and in any order. Nothing that was acknowledged may be missing. For more rounds:
 * {@code -Dapollo.rounds=20}.
 */
@Timeout(900)
class MemberPowerCutTest {
    private static final int ROUNDS = Integer.getInteger("apollo.rounds", 3);
    private static final long SEED = Long.getLong("apollo.seed", 7);
    private static final int THREADS = 64;

    @TempDir
    Path directory;

    @BeforeEach
    void needsLoopDevices() {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
    }

    @Test
    void shouldLoseNothingOfASingleMember() throws Exception {
        run(1);
    }

    @Test
    void shouldLoseNothingWhenAllThreeAreCutAtOnce() throws Exception {
        run(3);
    }

    private void run(int members) throws Exception {
        System.out.println("power cuts: members=" + members + ", rounds=" + ROUNDS + ", seed=" + SEED);
        Random random = new Random(SEED);
        Path clients = Files.createDirectory(directory.resolve("clients"));
        // Terms and files of the log are small, so that cuts fall on their ends too, and snapshots are taken meanwhile.
        String[] settings = {"term=1048576", "segment=2097152", "snapshot=4194304"};
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(directory, 1L << 30);
                TestCluster cluster = TestCluster.launch(disk.root(), clients, members, 1, settings);
                ClusterNamespace namespace = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, THREADS)) {
            long total = 0;
            for (int round = 0; round < ROUNDS; round++) {
                load.awaitMore(1 + random.nextInt(40));
                disk.cut();
                for (int i = 0; i < members; i++) {
                    cluster.kill(i);
                }
                total = load.total();
                disk.restore();
                for (int i = 0; i < members; i++) {
                    cluster.start(i);
                }
            }
            load.awaitMore(5);
            load.stop();
            load.check(namespace);
            assertTrue(load.total() > total, "total=" + load.total());
        }
    }
}

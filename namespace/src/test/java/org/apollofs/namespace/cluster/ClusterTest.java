package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;
import org.apollofs.namespace.client.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three members, each a process. */
@Timeout(300)
class ClusterTest {
    @TempDir
    Path directory;

    @Test
    void shouldGoOnWithoutItsLeader() throws Exception {
        try (TestCluster cluster = TestCluster.launch(directory, 3);
                ClusterNamespace namespace = cluster.connect()) {
            KeyValue keys = namespace.keyValue();
            long version = keys.put("k", "0".getBytes(UTF_8), KeyValue.ABSENT);
            long session = namespace.session();
            for (int i = 1; i <= 3; i++) {
                int leader = namespace.leader();
                cluster.kill(leader);
                // Refused if the put were applied twice, or the one before not at all.
                version = keys.put("k", Integer.toString(i).getBytes(UTF_8), version);
                assertNotEquals(leader, namespace.leader());
                assertArrayEquals(
                        Integer.toString(i).getBytes(UTF_8),
                        keys.get("k").orElseThrow().value());
                cluster.start(leader);
            }
            assertEquals(session, namespace.session());
        }
    }

    @Test
    void shouldBearPausesAndKillsUnderLoad() throws Exception {
        try (TestCluster cluster = TestCluster.launch(directory, 3);
                ClusterNamespace namespace = cluster.connect();
                ClusterNamespace other = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, 200)) {
            load.awaitMore(20);
            int follower = (namespace.leader() + 1) % 3;
            cluster.pause(follower);
            load.awaitMore(20);
            cluster.resume(follower);
            load.awaitMore(20);
            int leader = namespace.leader();
            cluster.pause(leader);
            load.awaitMore(20);
            assertNotEquals(leader, namespace.leader());
            cluster.resume(leader);
            load.awaitMore(20);
            cluster.kill(namespace.leader());
            load.awaitMore(20);
            load.stop();
            load.check(namespace);
            load.check(other);
        }
    }

    @Test
    void shouldKeepAllWhenAllAreKilledAtOnce() throws Exception {
        try (TestCluster cluster = TestCluster.launch(directory, 3);
                ClusterNamespace namespace = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, 50)) {
            for (int round = 0; round < 1; round++) {
                load.awaitMore(20);
                for (int i = 0; i < 3; i++) {
                    cluster.kill(i);
                }
                for (int i = 0; i < 3; i++) {
                    cluster.start(i);
                }
            }
            load.awaitMore(20);
            load.stop();
            load.check(namespace);
        }
    }

    /** A follower answers at once, with what it has. */
    private static void readFromAFollower(TestCluster cluster, int follower) {
        try (ClusterNamespace stale = ClusterNamespace.connect(cluster.client().staleReads(follower))) {
            assertTrue(stale.keyValue().get("load/0").isPresent());
            assertTrue(stale.readPosition() > 0);
        }
    }

    @Test
    void shouldTakeBackAMemberThatLostItsDisk() throws Exception {
        String[] settings = {"term=1048576", "segment=1048576", "snapshot=2097152"};
        try (TestCluster cluster = TestCluster.launch(directory, 3, settings);
                ClusterNamespace namespace = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, 50)) {
            int lost = (namespace.leader() + 1) % 3;
            load.awaitMore(20);
            readFromAFollower(cluster, lost);
            cluster.kill(lost);
            IoUtil.delete(cluster.folder(lost).toFile(), false);
            outrun(namespace);
            cluster.start(lost);
            cluster.awaitStarted(lost);
            load.awaitMore(20);
            // Now it is needed for a majority.
            cluster.kill((lost + 1) % 3);
            load.awaitMore(20);
            load.stop();
            load.check(namespace);
            assertTrue(Files.exists(cluster.folder(lost).resolve("cluster").resolve("recording.log")));
        }
    }

    /** Puts so much that snapshots are taken and the log's beginning is deleted. */
    private static void outrun(ClusterNamespace namespace) {
        byte[] large = new byte[60_000];
        for (int i = 0; i < 250; i++) {
            namespace.keyValue().put("large/" + i % 10, large, KeyValue.ANY_VERSION);
        }
    }

    @Test
    void shouldTakeBackAMemberThatWasAwayForTooLong() throws Exception {
        String[] settings = {"term=1048576", "segment=1048576", "snapshot=2097152"};
        try (TestCluster cluster = TestCluster.launch(directory, 3, settings);
                ClusterNamespace namespace = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, 50)) {
            int away = (namespace.leader() + 1) % 3;
            load.awaitMore(20);
            cluster.kill(away);
            outrun(namespace);
            cluster.start(away);
            cluster.awaitStarted(away);
            // Now it is needed for a majority.
            cluster.kill((away + 1) % 3);
            load.awaitMore(20);
            load.stop();
            load.check(namespace);
        }
    }

    @Test
    void shouldCopyInItsProcessWhatAMemberCannotCatchUpWith() throws Exception {
        String[] settings = {"term=1048576", "segment=1048576", "snapshot=2097152"};
        try (TestCluster cluster = TestCluster.launch(directory, 3, settings);
                ClusterNamespace namespace = cluster.connect();
                CountingLoad load = new CountingLoad(namespace, 50)) {
            int away = (namespace.leader() + 1) % 3;
            load.awaitMore(20);
            cluster.kill(away);
            outrun(namespace);
            // It finds nobody to ask when it starts.
            cluster.pause((away + 1) % 3);
            cluster.pause((away + 2) % 3);
            cluster.start(away);
            cluster.awaitStarted(away);
            cluster.resume((away + 1) % 3);
            cluster.resume((away + 2) % 3);
            // It copies from the one that leads, which needs a majority without it until then.
            awaitTakingPart(cluster, away);
            cluster.kill((away + 1) % 3);
            load.awaitMore(20);
            load.stop();
            load.check(namespace);
        }
    }

    private static void awaitTakingPart(TestCluster cluster, int member) {
        boolean takesPart = false;
        while (!takesPart) {
            takesPart = MemberSurvey.ask(cluster.addresses(), TestSite.KEY, TimeUnit.SECONDS.toNanos(1)).stream()
                    .anyMatch(status -> status.member().id() == member
                            && status.role() == MemberStatus.Role.FOLLOWER
                            && !status.isElecting());
        }
    }
}

package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Path;
import org.apollofs.namespace.client.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three members, each a process. */
@Timeout(120)
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
            for (int round = 0; round < 2; round++) {
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
}

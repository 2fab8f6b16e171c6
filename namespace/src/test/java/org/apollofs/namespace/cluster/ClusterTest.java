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
}

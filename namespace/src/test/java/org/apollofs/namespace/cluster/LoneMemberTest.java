package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apollofs.namespace.client.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The member of an embedded site: whoever is not on its shared memory cannot reach it at all. */
@Timeout(60)
final class LoneMemberTest {
    @TempDir
    private Path dir;

    /** Inodes of this process's UDP sockets that are bound to a port. */
    private static Set<String> sockets() throws IOException {
        Set<String> bound = new HashSet<>();
        for (String table : List.of("udp", "udp6")) {
            for (String line : Files.readAllLines(Path.of("/proc/self/net", table))) {
                String[] words = line.strip().split("\\s+");
                if (words.length > 9) {
                    bound.add("socket:[" + words[9] + "]");
                }
            }
        }
        Set<String> own = new HashSet<>();
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            for (Path file : files.toList()) {
                try {
                    own.add(Files.readSymbolicLink(file).toString());
                } catch (NoSuchFileException e) {
                    // Closed meanwhile, as that of the list itself: it does not count.
                }
            }
        }
        own.retainAll(bound);
        return own;
    }

    @Test
    void shouldOpenNoSocket() throws IOException {
        Set<String> before = sockets();
        byte[] value = "value".getBytes(StandardCharsets.UTF_8);
        try (TestSite site = new TestSite(dir)) {
            try (ClusterNamespace namespace = site.connect();
                    ClusterNamespace remote = site.connectRemotely()) {
                namespace.keyValue().put("k", value, KeyValue.ANY_VERSION);
                assertArrayEquals(
                        value, remote.keyValue().get("k").orElseThrow().value());
                assertEquals(before, sockets());
            }
        }
        // Its log is there, and another start is as closed.
        try (TestSite site = new TestSite(dir);
                ClusterNamespace namespace = site.connect()) {
            assertArrayEquals(value, namespace.keyValue().get("k").orElseThrow().value());
            assertEquals(before, sockets());
        }
    }
}

package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.cluster.NodeStateFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.cluster.FolderCondition.State;
import org.apollofs.namespace.state.IdentityClaim;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members' folders that are missing, older, cut or another's: that it is found, and that what was put back is whole. */
@Timeout(400)
class FolderCheckTest {
    @TempDir
    Path temporary;

    private Path folder(int member) {
        return temporary.resolve("members").resolve(Integer.toString(member));
    }

    private Path mark(int member) {
        return temporary.resolve("members").resolve(member + ".mark");
    }

    private FolderCondition examine(int member) {
        return FolderCheck.examine(folder(member), mark(member), member);
    }

    private void assertFound(State state, int member) {
        FolderCondition found = examine(member);
        assertEquals(state, found.state(), String.valueOf(found.what()));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()), LinkOption.NOFOLLOW_LINKS);
            }
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private TestSite launch(IdentityClaim claim) {
        return new TestSite(
                folder(0), 1, null, ctx -> ctx.markFile(mark(0)).claim(claim).discard(false));
    }

    @Test
    void shouldClaimGenerationsAndRefuseAnOlderLog() throws IOException {
        UUID id = new UUID(1, 2);
        try (TestSite site = launch(new IdentityClaim(id, 0, 1))) {
            assertEquals(id, site.member().awaitIdentity().id());
            try (Namespace namespace = site.connect()) {
                assertEquals(1, namespace.session());
                namespace.keyValue().put("k", "v".getBytes(UTF_8), KeyValue.ABSENT);
            }
        }
        // A site that has had generation 5 of it: this log is older, and stays as it is.
        TestSite older = launch(new IdentityClaim(id, 5, 6));
        FolderRefusedException refused =
                assertThrows(FolderRefusedException.class, () -> older.member().awaitIdentity());
        assertTrue(refused.isLost());
        assertTrue(refused.getMessage().contains("older copy"), refused.getMessage());
        older.close();
        TestSite another = launch(new IdentityClaim(new UUID(3, 4), 0, 6));
        refused = assertThrows(
                FolderRefusedException.class, () -> another.member().awaitIdentity());
        assertTrue(refused.getMessage().contains("another namespace"), refused.getMessage());
        another.close();
        try (TestSite site = launch(new IdentityClaim(id, 1, 3))) {
            assertEquals(3, site.member().awaitIdentity().generation());
            try (Namespace namespace = site.connect()) {
                assertEquals(2L * (1 << 24) + 1, namespace.session());
                assertTrue(namespace.keyValue().get("k").isPresent());
                assertEquals(id, namespace.sessions().identity().id());
            }
        }
    }

    @Test
    void shouldFindWhatAThreeMemberNamespaceLost() throws IOException {
        Path members = temporary.resolve("members");
        try (TestCluster cluster =
                TestCluster.launch(members, temporary.resolve("client"), 3, 1, "marked=1", "snapshot=4194304")) {
            try (ClusterNamespace namespace = connect(cluster)) {
                put(namespace, 0, 50);
            }
            for (int i = 0; i < 3; i++) {
                cluster.stop(i);
            }
            Path away = temporary.resolve("away");
            copy(members, away);
            examineParts(away);
            // An older copy, put back after the others went on.
            for (int i = 0; i < 3; i++) {
                cluster.start(i);
            }
            try (ClusterNamespace namespace = connect(cluster)) {
                put(namespace, 50, 100);
            }
            for (int i = 0; i < 3; i++) {
                cluster.stop(i);
                assertFound(State.WHOLE, i);
            }
            delete(folder(1));
            copy(away.resolve("1"), folder(1));
            assertFound(State.OLDER, 1);
            cluster.start(0);
            cluster.start(2);
            cluster.start(1);
            assertEquals(1, cluster.awaitEnd(1), "a member with an older copy took part");
            // Given up, it copies from the others.
            cluster.start(1, "discarding=1");
            cluster.awaitStarted(1);
            try (ClusterNamespace namespace = connect(cluster)) {
                for (int i = 0; i < 100; i++) {
                    assertTrue(namespace.keyValue().get("k" + i).isPresent(), "k" + i);
                }
            }
        }
    }

    /** Members that start on a busy machine take a while. */
    private static ClusterNamespace connect(TestCluster cluster) {
        return ClusterNamespace.connect(cluster.client().connectTimeoutNs(TimeUnit.SECONDS.toNanos(180)));
    }

    private static void put(Namespace namespace, int from, int to) {
        for (int i = from; i < to; i++) {
            namespace.keyValue().put("k" + i, new byte[100], KeyValue.ABSENT);
        }
    }

    /** Each part moved away, cut and swapped; the folders are as they were after. */
    private void examineParts(Path whole) throws IOException {
        for (String part :
                new String[] {".", "archive", "cluster", "identity", "cluster/recording.log", "archive/archive.catalog"
                }) {
            Path away = temporary.resolve("part");
            Path moved = folder(0).resolve(part).normalize();
            Files.move(moved, away);
            assertFound(State.MISSING, 0);
            Files.move(away, moved);
        }
        Path away = temporary.resolve("part");
        if (Files.exists(folder(0).resolve("cluster").resolve(NodeStateFile.FILENAME))) {
            Path votes = folder(0).resolve("cluster").resolve(NodeStateFile.FILENAME);
            Files.move(votes, away);
            boolean hasVoted = MemberMark.read(mark(0)).voted() >= 0;
            assertFound(hasVoted ? State.MISSING : State.WHOLE, 0);
            Files.move(away, votes);
        }
        try (Stream<Path> files = Files.list(folder(0).resolve("archive"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".rec")).toList()) {
                Files.move(file, away);
                assertFound(State.DAMAGED, 0);
                Files.move(away, file);
            }
        }
        // Two folders swapped, whole and in part.
        Files.move(folder(0), away);
        Files.move(folder(1), folder(0));
        Files.move(away, folder(1));
        assertFound(State.FOREIGN, 0);
        assertFound(State.FOREIGN, 1);
        Files.move(folder(0), away);
        Files.move(folder(1), folder(0));
        Files.move(away, folder(1));
        Files.move(folder(0).resolve("archive"), away);
        Files.move(folder(1).resolve("archive"), folder(0).resolve("archive"));
        Files.move(away, folder(1).resolve("archive"));
        assertFound(State.FOREIGN, 0);
        assertFound(State.FOREIGN, 1);
        Files.move(folder(0).resolve("archive"), away);
        Files.move(folder(1).resolve("archive"), folder(0).resolve("archive"));
        Files.move(away, folder(1).resolve("archive"));
        for (int i = 0; i < 3; i++) {
            assertFound(State.WHOLE, i);
            assertTrue(Files.exists(whole.resolve(Integer.toString(i))));
        }
    }
}

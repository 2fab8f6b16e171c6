package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A small site of which each part is moved away, cut, swapped or put back older: what a start says, and that nothing is lost by it. */
@Timeout(600)
final class SiteIdentityTest {
    private static final long TARGET_SIZE = 64L << 20;

    @TempDir
    private Path temporary;

    private SiteFolder folder;
    private Path mountPoint;
    private Path profile;
    private byte[] large;

    @BeforeEach
    void makeASite() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        folder = SiteFolder.of(temporary.resolve("site"));
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        profile = temporary.resolve("profile.yaml");
        Files.writeString(profile, ProfileWriter.toYaml(profile()));
        large = new byte[5 * 1024 * 1024 + 4321];
        new Random(7).nextBytes(large);
        try (Node node = start(null)) {
            Files.write(mountPoint.resolve("large"), large);
            Files.writeString(mountPoint.resolve("small"), "small");
            node.checkHealthy();
        }
    }

    private static HardwareProfile profile() {
        return ProfileLoader.load("embedded").withTargetSize(TARGET_SIZE);
    }

    private Node start(UUID discard) {
        return start(folder, discard);
    }

    private Node start(SiteFolder of, UUID discard) {
        Node node = Node.start(
                new NodeOptions(of, mountPoint, profile(), discard),
                StopSignal.detached(),
                new PrintWriter(new StringWriter()));
        awaitTargets(node);
        return node;
    }

    /** On a busy machine its lanes take a while. */
    private static void awaitTargets(Node node) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (node.targets().targets().stream()
                .anyMatch(target -> node.client().targets().status(target.targetId()) == null)) {
            assertTrue(System.nanoTime() < deadline, "targets do not connect");
            LockSupport.parkNanos(2_000_000);
        }
    }

    private CliRun up(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "up",
                "--dir",
                folder.root().toString(),
                "--mount",
                mountPoint.toString(),
                "--profile",
                profile.toString()));
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray(String[]::new));
    }

    /** A start must say in one line, with an exit code of its own, what is wrong and where. */
    private void assertRefused(String... said) {
        CliRun run = up();
        assertEquals(ExitCode.MISSING.code(), run.exitCode(), run.out() + run.err());
        String last = run.err().lines().toList().getLast();
        assertTrue(last.startsWith("apollo: "), run.err());
        for (String word : said) {
            assertTrue(last.contains(word), run.err());
        }
    }

    private void assertAllThere() throws IOException {
        try (Node node = start(null)) {
            assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("large")));
            assertEquals("small", Files.readString(mountPoint.resolve("small")));
            assertEquals(
                    "healthy", ControlClient.ask(folder, "status").get("state").asText());
            node.checkHealthy();
        }
    }

    /** Takes a part away, looks at what a start says, and puts it back. */
    private void without(Path part, String... said) throws IOException {
        Path away = temporary.resolve("away");
        Files.move(part, away);
        assertRefused(said);
        SiteFolder.deleteTree(part);
        Files.move(away, part);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()), LinkOption.NOFOLLOW_LINKS);
            }
        }
    }

    /** Puts another in a part's place, looks at what a start says, and puts the part back. */
    private void with(Path other, Path part, String... said) throws IOException {
        Path away = temporary.resolve("away");
        Files.move(part, away);
        copy(other, part);
        assertRefused(said);
        SiteFolder.deleteTree(part);
        Files.move(away, part);
    }

    private static void cut(Path file, long length) throws IOException {
        try (RandomAccessFile data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(length);
        }
    }

    private static Path recording(Path namespace) throws IOException {
        try (Stream<Path> files = Files.list(namespace.resolve("archive"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("0-"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void shouldRefuseWhatIsMissingAndLoseNothing() throws IOException {
        Path namespace = folder.namespace();
        String id = SiteRecord.load(folder).siteId().toString();
        without(namespace, "folder is missing: expected=" + namespace, "--discard " + id);
        without(namespace.resolve("archive"), "folder is missing: expected=" + namespace.resolve("archive"));
        without(namespace.resolve("cluster"), "folder is missing: expected=" + namespace.resolve("cluster"));
        without(namespace.resolve("cluster/recording.log"), "recording.log");
        without(namespace.resolve("archive/archive.catalog"), "archive.catalog");
        without(recording(namespace), "file is missing", recording(namespace).toString());
        without(folder.secret(), "site secret is missing: expected=" + folder.secret());
        without(folder.record(), "site record is missing: expected=" + folder.record(), "--discard " + id);
        // With the note of it, as a folder of which all was lost but the record.
        Path mark = temporary.resolve("mark");
        Files.move(folder.namespaceMark(), mark);
        without(namespace, "namespace is missing: expected=" + namespace);
        Files.move(mark, folder.namespaceMark());
        // A disk that is not mounted is an empty folder.
        Path away = temporary.resolve("unmounted");
        Files.move(namespace, away);
        Files.createDirectory(namespace);
        assertRefused("folder is missing: expected=" + namespace);
        Files.delete(namespace);
        Files.move(away, namespace);
        Path whole = temporary.resolve("whole");
        Files.copy(recording(namespace), whole);
        cut(recording(namespace), 256);
        assertRefused("file is too short", recording(namespace).toString());
        Files.delete(recording(namespace));
        Files.move(whole, namespace.resolve("archive/0-0.rec"));
        for (int i = 0; i < 6; i++) {
            Files.move(folder.root().resolve("targets/" + i), temporary.resolve("target-" + i));
        }
        assertRefused("none of the site's targets can be used");
        for (int i = 0; i < 6; i++) {
            Files.move(temporary.resolve("target-" + i), folder.root().resolve("targets/" + i));
        }
        assertEquals(
                ExitCode.USAGE.code(),
                up("--discard", id).exitCode(),
                "nothing is missing, and nothing must be given up");
        assertAllThere();
    }

    @Test
    void shouldRefuseOlderCopiesAndThoseOfOthers() throws IOException {
        Path namespace = folder.namespace();
        Path older = Files.createDirectory(temporary.resolve("older"));
        copy(namespace, older.resolve("namespace"));
        Files.copy(folder.record(), older.resolve("site.json"));
        try (Node node = start(null)) {
            Files.writeString(mountPoint.resolve("later"), "later");
            node.checkHealthy();
        }
        SiteFolder other = SiteFolder.of(temporary.resolve("other"));
        start(other, null).close();
        with(older.resolve("namespace"), namespace, "older copy", namespace.toString());
        with(older.resolve("namespace/archive"), namespace.resolve("archive"), "older copy", "archive");
        with(older.resolve("namespace/cluster"), namespace.resolve("cluster"), "older copy", "cluster");
        with(older.resolve("site.json"), folder.record(), "site record is an older copy");
        with(other.namespace(), namespace, "another");
        with(other.namespace().resolve("archive"), namespace.resolve("archive"), "another namespace");
        with(other.secret(), folder.secret(), "site secret is another one");
        assertAllThere();
        // The operator may go on with the older one: what came after it is given up.
        UUID id = SiteRecord.load(folder).siteId();
        SiteFolder.deleteTree(namespace);
        copy(older.resolve("namespace"), namespace);
        assertEquals(
                ExitCode.USAGE.code(),
                up("--discard", UUID.randomUUID().toString()).exitCode());
        long before = SiteRecord.load(folder).identity().generation();
        try (Node node = start(id)) {
            assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("large")));
            assertFalse(Files.exists(mountPoint.resolve("later")));
            assertTrue(node.namespace().identity().generation() > before);
            node.checkHealthy();
        }
        assertAllThere();
    }

    @Test
    void shouldServeWithoutTargetsThatAreNotRight() throws IOException {
        Path targets = folder.root().resolve("targets");
        Path older = temporary.resolve("older");
        copy(targets.resolve("4"), older);
        SiteFolder other = SiteFolder.of(temporary.resolve("other"));
        start(other, null).close();
        Path away = Files.createDirectory(temporary.resolve("targets"));
        Files.move(targets.resolve("0"), away.resolve("0"));
        copy(other.root().resolve("targets/1"), away.resolve("foreign"));
        Files.move(targets.resolve("1"), away.resolve("1"));
        Files.move(away.resolve("foreign"), targets.resolve("1"));
        assertServesWithout("0", "missing: expected=", "1", "of another site");
        SiteFolder.deleteTree(targets.resolve("1"));
        Files.move(away.resolve("0"), targets.resolve("1"));
        Files.move(away.resolve("1"), targets.resolve("0"));
        assertServesWithout("0", "another target of the site", "1", "another target of the site");
        Files.move(targets.resolve("0"), away.resolve("1"));
        Files.move(targets.resolve("1"), targets.resolve("0"));
        Files.move(away.resolve("1"), targets.resolve("1"));
        copy(targets.resolve("2"), away.resolve("2"));
        copy(targets.resolve("3"), away.resolve("3"));
        cut(targets.resolve("2").resolve(StoreFormat.DATA_FILE), 10 << 20);
        cut(targets.resolve("3/journal-0"), 1 << 20);
        assertServesWithout("2", "smaller than at format", "3", "journal damaged");
        for (String id : List.of("2", "3")) {
            SiteFolder.deleteTree(targets.resolve(id));
            Files.move(away.resolve(id), targets.resolve(id));
        }
        Files.move(targets.resolve("4"), away.resolve("4"));
        copy(older, targets.resolve("4"));
        assertServesWithout("4", "an older copy");
        SiteFolder.deleteTree(targets.resolve("4"));
        Files.move(away.resolve("4"), targets.resolve("4"));
        assertAllThere();
    }

    /** @param said id of a target and what is said of it, in turns. */
    private void assertServesWithout(String... said) throws IOException {
        try (Node node = start(null)) {
            assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("large")));
            JsonNode status = ControlClient.ask(folder, "status");
            assertEquals("degraded", status.get("state").asText());
            for (int i = 0; i < said.length; i += 2) {
                String note = note(status, Integer.parseInt(said[i]));
                assertTrue(note.contains(said[i + 1]), note);
            }
            assertEquals(
                    said.length / 2,
                    node.targets().leftOut().size(),
                    node.targets().leftOut().toString());
            node.checkHealthy();
        }
    }

    private static String note(JsonNode status, int target) {
        for (JsonNode entry : status.get("targets")) {
            if (entry.get("id").asInt() == target) {
                return entry.path("note").asText("");
            }
        }
        throw new AssertionError("no such target: " + target);
    }

    @Test
    void shouldDeleteNothingWhenTheNamespaceIsGivenUpUntilItIsConfirmed() throws IOException {
        UUID id = SiteRecord.load(folder).siteId();
        UUID namespaceId = SiteRecord.load(folder).identity().namespaceId();
        Path away = temporary.resolve("away");
        Files.move(folder.namespace(), away);
        HardwareProfile hasty = profile();
        long chunks;
        try (Node node = start(id)) {
            assertEquals(0, mountPoint.toFile().list().length);
            assertNotEquals(namespaceId, node.namespace().identity().id());
            // No chunk gets a name that one had before.
            assertTrue(node.namespace().client().session() > 1L << 24);
            Files.write(mountPoint.resolve("new"), large);
            assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("new")));
            chunks = chunks();
            node.checkHealthy();
        }
        assertTrue(hasty.engine().sweep().delayMs() > 0);
        try (Node node = start(null)) {
            assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("new")));
            assertEquals(chunks, chunks(), "deleted by absence");
            node.checkHealthy();
        }
        // The one that was given up does not come back by itself.
        Path made = temporary.resolve("made");
        Files.move(folder.namespace(), made);
        Files.move(away, folder.namespace());
        assertRefused(folder.namespace().toString());
    }

    private long chunks() {
        long count = 0;
        for (JsonNode target : ControlClient.ask(folder, "status").get("targets")) {
            count += target.path("chunks").asLong();
        }
        return count;
    }
}

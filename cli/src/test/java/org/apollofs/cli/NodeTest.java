package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.apollofs.fuse.MountTable;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.MountProfile;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The embedded site, whole: started, written through its mount, stopped, started again. */
@Timeout(240)
final class NodeTest {
    private static final long TARGET_SIZE = 64L << 20;
    private static final long SEED = 20260101;

    @TempDir
    private Path temporary;

    private SiteFolder folder;
    private Path mountPoint;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        folder = SiteFolder.of(temporary.resolve("site"));
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
    }

    @ParameterizedTest
    @EnumSource(
            value = MountProfile.Backend.class,
            names = {"KERNEL", "JNR"})
    void shouldFindEverythingAfterRestart(MountProfile.Backend backend) throws IOException {
        assumeTrue(backend != MountProfile.Backend.JNR || hasLibfuse(), "libfuse2 is not installed");
        HardwareProfile profile = profile().withBackend(backend);
        byte[] large = bytes(5 * 1024 * 1024 + 4321);
        byte[] small = "step-1\n".getBytes(StandardCharsets.UTF_8);
        try (Node node = start(profile)) {
            Path step = Files.createDirectory(mountPoint.resolve("step-1.tmp"));
            Files.write(step.resolve("rank0.bin"), large);
            Files.move(step, mountPoint.resolve("step-1"));
            Files.write(mountPoint.resolve("latest"), small);
            assertEquals("healthy", status().get("state").asText());
            node.checkHealthy();
        }
        assertFalse(MountTable.at(mountPoint.toRealPath()).isPresent());
        assertFalse(Files.exists(folder.ready()));
        try (Node node = start(profile)) {
            assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("step-1/rank0.bin")));
            assertArrayEquals(small, Files.readAllBytes(mountPoint.resolve("latest")));
            assertFalse(Files.exists(mountPoint.resolve("step-1.tmp")));
            node.checkHealthy();
        }
    }

    @Test
    void shouldShowSameValueAsKeyAndAsFile() throws IOException {
        try (Node node = start(profile())) {
            // Ready means that all is known: statvfs too.
            FileStore space = Files.getFileStore(mountPoint);
            assertEquals(4 * TARGET_SIZE, space.getTotalSpace());
            assertTrue(space.getUsableSpace() > 0);
            JsonNode first = status();
            assertEquals("healthy", first.get("state").asText(), first.toString());
            assertTrue(first.path("health").hasNonNull("provedAt"), first.toString());
            assertFalse(first.path("health").hasNonNull("stalledSince"), first.toString());
            assertTrue(first.path("namespace").path("sessionWorks").asBoolean(), first.toString());
            first.path("targets")
                    .forEach(target -> assertEquals("well", target.path("lane").asText(), first.toString()));
            Files.writeString(mountPoint.resolve("from-mount"), "1000");
            String dir = folder.root().toString();
            assertEquals(
                    0,
                    CliRun.of("kv", "put", "run1/latest", "step-7", "--dir", dir)
                            .exitCode());
            assertEquals("step-7", Files.readString(mountPoint.resolve("run1/latest")));
            CliRun get = CliRun.of("kv", "get", "from-mount", "--dir", dir, "--json");
            assertEquals(0, get.exitCode(), get.err());
            assertTrue(get.out().contains("\"value\":\"1000\""), get.out());
            assertEquals(
                    ExitCode.ABSENT.code(),
                    CliRun.of("kv", "get", "nothing", "--dir", dir).exitCode());
            assertEquals(
                    ExitCode.CONFLICT.code(),
                    CliRun.of("kv", "cas", "run1/latest", "step-8", "--expect", "step-6", "--dir", dir)
                            .exitCode());
            assertEquals(
                    0,
                    CliRun.of("kv", "cas", "run1/latest", "step-8", "--expect", "step-7", "--dir", dir)
                            .exitCode());
            assertEquals(
                    0, CliRun.of("kv", "delete", "run1/latest", "--dir", dir).exitCode());
            assertEquals(
                    ExitCode.ABSENT.code(),
                    CliRun.of("kv", "delete", "run1/latest", "--dir", dir).exitCode());
            CliRun status = CliRun.of("status", "--dir", dir);
            assertTrue(status.out().contains("(healthy)"), status.out() + status.err());
            node.checkHealthy();
        }
        CliRun stopped = CliRun.of("kv", "get", "x", "--dir", folder.root().toString());
        assertEquals(ExitCode.UNAVAILABLE.code(), stopped.exitCode(), stopped.err());
    }

    @Test
    void shouldStartDegradedWithoutTargetsThatParityCovers() throws IOException {
        byte[] large = bytes(3 * 1024 * 1024 + 17);
        try (Node node = start(profile())) {
            Files.write(mountPoint.resolve("file"), large);
            node.checkHealthy();
        }
        SiteFolder.deleteTree(folder.root().resolve("targets/1"));
        SiteFolder.deleteTree(folder.root().resolve("targets/4"));
        StringWriter said = new StringWriter();
        try (Node node = start(profile(), said)) {
            assertArrayEquals(large, Files.readAllBytes(mountPoint.resolve("file")));
            JsonNode status = status();
            assertEquals("degraded", status.get("state").asText());
            assertTrue(said.toString().contains("DEGRADED: missing=[1, 4]"), said.toString());
            assertFalse(Files.exists(folder.root().resolve("targets/1")), "a lost target must not be made again");
            node.checkHealthy();
        }
    }

    @Test
    void shouldRefuseSecondNodeOnSameFolder() throws IOException {
        Path second = Files.createDirectory(temporary.resolve("mnt2"));
        try (Node node = start(profile())) {
            CommandFailure failure = assertThrows(
                    CommandFailure.class,
                    () -> Node.start(new NodeOptions(folder, second, profile()), StopSignal.detached(), discard()));
            assertEquals(ExitCode.SITE, failure.exitCode());
            Files.writeString(mountPoint.resolve("still"), "there");
            node.checkHealthy();
        }
    }

    @Test
    void shouldLeaveNothingWhenMountPointIsAbsent() {
        CliRun run = CliRun.of(
                "up",
                "--dir",
                folder.root().toString(),
                "--mount",
                temporary.resolve("absent").toString());
        assertEquals(ExitCode.MOUNT.code(), run.exitCode(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertFalse(Files.exists(folder.root()));
    }

    @Test
    void shouldLeaveNothingWhenStartFailsHalfway() {
        // The mount is checked first, so the failure must come later: targets that no disk can hold.
        HardwareProfile tooLarge = ProfileLoader.load("embedded").withTargetSize(512L << 40);
        RuntimeException failure = assertThrows(
                RuntimeException.class,
                () -> Node.start(new NodeOptions(folder, mountPoint, tooLarge), StopSignal.detached(), discard()));
        ExitCode code = Failures.explain(failure).exitCode();
        assertTrue(code == ExitCode.NO_SPACE || code == ExitCode.TARGET, failure.toString());
        assertFalse(Files.exists(folder.root()));
    }

    private Node start(HardwareProfile profile) {
        return start(profile, new StringWriter());
    }

    private Node start(HardwareProfile profile, StringWriter said) {
        return Node.start(
                new NodeOptions(folder, mountPoint, profile), StopSignal.detached(), new PrintWriter(said, true));
    }

    private JsonNode status() {
        return ControlClient.ask(folder, "status");
    }

    private static HardwareProfile profile() {
        return ProfileLoader.load("embedded").withTargetSize(TARGET_SIZE);
    }

    private static PrintWriter discard() {
        return new PrintWriter(new StringWriter());
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(SEED).nextBytes(bytes);
        return bytes;
    }

    private static boolean hasLibfuse() {
        return Stream.of("/lib", "/usr/lib", "/lib64", "/usr/local/lib")
                .flatMap(place -> Stream.of(place, place + "/x86_64-linux-gnu", place + "/aarch64-linux-gnu"))
                .anyMatch(place -> Files.exists(Path.of(place, "libfuse.so.2")));
    }
}

package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the mount of an {@code apollo up} ends: in order, by a kill, by somebody's umount, held by a container. */
@Timeout(600)
final class MountEndTest {
    private static final long TARGET_SIZE = 64L << 20;
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    private Path temporary;

    private Path mountPoint;
    private SiteProcess site;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        Files.setPosixFilePermissions(mountPoint, PosixFilePermissions.fromString("rwxrwx---"));
        HardwareProfile profile = ProfileLoader.load("embedded").withTargetSize(TARGET_SIZE);
        Files.writeString(temporary.resolve("profile.yaml"), ProfileWriter.toYaml(profile));
        start();
    }

    private void start() throws IOException {
        site = SiteProcess.launch(new SiteProcess.SiteSpec(
                temporary.resolve("site"),
                mountPoint,
                temporary.resolve("log"),
                List.of("--profile", temporary.resolve("profile.yaml").toString())));
        site.awaitReady();
    }

    @AfterEach
    void clean() throws IOException {
        if (site != null) {
            site.end(Duration.ofSeconds(60));
        }
    }

    private void assertBareAndAsBefore() throws IOException {
        assertFalse(MountTable.isMounted(mountPoint));
        assertEquals(
                "rwxrwx---", PosixFilePermissions.toString(Files.getPosixFilePermissions(mountPoint)), "mode restored");
        try (Stream<Path> entries = Files.list(mountPoint)) {
            assertEquals(0, entries.count());
        }
        Files.delete(Files.writeString(mountPoint.resolve("mine"), "again"));
    }

    @Test
    void shouldStayDeadWhenKilledUntilItIsServedAgain() throws IOException, InterruptedException {
        Files.writeString(mountPoint.resolve("kept"), "by Apollo");
        site.abort();
        assertTrue(site.awaitEnd(LONG));
        assertTrue(MountTable.isMounted(mountPoint), "a dead mount stays");
        assertThrows(IOException.class, () -> Files.writeString(mountPoint.resolve("lost"), "on the bare directory"));
        // Also where somebody takes it away.
        assertEquals(0, run("umount", "-l", mountPoint.toString()));
        boolean hasAttributes = run("lsattr", "-d", mountPoint.toString()) == 0;
        assumeTrue(hasAttributes, "this file system has no immutable attribute: root's programs write below");
        assertThrows(IOException.class, () -> Files.writeString(mountPoint.resolve("lost"), "on the bare directory"));
        start();
        assertEquals("by Apollo", Files.readString(mountPoint.resolve("kept")));
        site.stop();
        assertBareAndAsBefore();
    }

    @Test
    void shouldStopInOrderWhenSomebodyUnmounts() throws IOException, InterruptedException {
        assertEquals(0, run("umount", mountPoint.toString()));
        assertTrue(site.awaitEnd(LONG));
        site.stop();
        assertTrue(
                site.logLines().stream().anyMatch(line -> line.contains("taken away by somebody else")),
                site.logLines().toString());
        assertBareAndAsBefore();
    }

    /** A container that was started beside the site has its mount too: no umount here ends that. */
    @Test
    void shouldStopThoughAnotherNamespaceHoldsTheMount() throws IOException, InterruptedException {
        assumeTrue(run("unshare", "-m", "true") == 0, "needs unshare(1) and the right to make namespaces");
        Process container = new ProcessBuilder(
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        "exec 9>held; echo written >&9; echo ready; while sleep 1; do :; done")
                .directory(mountPoint.toFile())
                .start();
        try {
            assertEquals('r', container.getInputStream().read());
            container.getOutputStream().close();
            site.stop();
            assertBareAndAsBefore();
        } finally {
            container.destroyForcibly().waitFor();
        }
        start();
        assertEquals("written\n", Files.readString(mountPoint.resolve("held")), "what it wrote is not lost");
        site.stop();
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}

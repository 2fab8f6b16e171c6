package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk under a site or a member fails, under load: it ends with one line that says so, and no signal of the JVM. */
@Timeout(300)
final class DeadDiskTest {
    private static final long TARGET_BYTES = 128L << 20;
    private static final long FILE_SYSTEM_BYTES = 3L << 30;
    private static final int WORKERS = 4;
    private static final int STEPS = 40;

    @TempDir
    private Path temporary;

    @BeforeEach
    void needsDisks() {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
    }

    @Test
    void shouldEndASiteWithOneLine() throws IOException, InterruptedException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        Path profile = Files.writeString(
                temporary.resolve("profile.yaml"),
                ProfileWriter.toYaml(ProfileLoader.load("embedded").withTargetSize(TARGET_BYTES)),
                StandardCharsets.UTF_8);
        Path mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(temporary, FILE_SYSTEM_BYTES)) {
            SiteProcess site = SiteProcess.launch(new SiteProcess.SiteSpec(
                    disk.root().resolve("site"),
                    mountPoint,
                    temporary.resolve("site.log"),
                    List.of("--profile", profile.toString())));
            LoadProcess load = null;
            try {
                site.awaitReady();
                load = LoadProcess.start(
                        temporary.resolve("journal"), 1, WORKERS, List.of("--mount", mountPoint.toString()));
                load.awaitAcknowledged(STEPS, Duration.ofMinutes(2));
                disk.cut();
                assertTrue(site.awaitEnd(Duration.ofMinutes(2)), "the site does not end");
                assertLastWord(site.logLines());
            } finally {
                if (load != null) {
                    load.kill();
                }
                site.end(Duration.ofSeconds(10)).forEach(System.out::println);
            }
        }
    }

    @Test
    void shouldEndAMemberWithOneLine() throws IOException, InterruptedException {
        Path profile = MemberVictims.writeProfile(temporary, 1);
        Path log = temporary.resolve("member.log");
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(temporary, FILE_SYSTEM_BYTES)) {
            Process member = new ProcessBuilder(JvmCommand.apollo(List.of(
                            "namespace",
                            "--profile",
                            profile.toString(),
                            "--member",
                            "0",
                            "--dir",
                            disk.root().toString())))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            try (Puts puts = new Puts(ProfileLoader.load(profile.toString()))) {
                puts.awaitSome();
                disk.cut();
                assertTrue(member.waitFor(2, TimeUnit.MINUTES), "the member does not end");
                assertEquals(ExitCode.SITE.code(), member.exitValue());
                assertLastWord(Files.readAllLines(log));
            } finally {
                member.destroyForcibly();
                member.waitFor();
            }
        }
    }

    private static void assertLastWord(List<String> log) {
        List<String> words =
                log.stream().filter(line -> line.startsWith("apollo: ")).toList();
        assertEquals(1, words.size(), words::toString);
        assertTrue(words.getFirst().contains("disk of the namespace's member fails"), words::toString);
        assertTrue(log.stream().noneMatch(line -> line.contains("SIGBUS")));
    }

    /** A client that puts until nobody answers. */
    private static final class Puts implements AutoCloseable {
        private final CountDownLatch some = new CountDownLatch(20);
        private final Thread thread;
        private volatile boolean isStopping;

        Puts(HardwareProfile profile) {
            thread = new Thread(() -> run(profile), "puts");
            thread.setDaemon(true);
            thread.start();
        }

        private void run(HardwareProfile profile) {
            try (NamespaceConnection connection = NamespaceConnection.ofMembers(profile)) {
                while (!isStopping) {
                    connection.keyValue().put("k", new byte[100], KeyValue.ANY_VERSION);
                    some.countDown();
                }
            } catch (NamespaceException | CommandFailure e) {
                // Nobody answers: the member is gone, as it should.
                isStopping = true;
            }
        }

        void awaitSome() throws InterruptedException {
            assertTrue(some.await(2, TimeUnit.MINUTES), "nothing is put");
        }

        @Override
        public void close() {
            isStopping = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

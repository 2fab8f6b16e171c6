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
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk under a site fails, under load: the site ends with one line that says so, and no signal of the JVM. */
@Timeout(300)
final class DeadDiskTest {
    private static final long TARGET_BYTES = 128L << 20;
    private static final long FILE_SYSTEM_BYTES = 3L << 30;

    @TempDir
    private Path temporary;

    @BeforeEach
    void needsDisks() {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
    }

    @Test
    void shouldEndWithOneLine() throws IOException, InterruptedException {
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
            try {
                site.awaitReady();
                CrashLoad load = new CrashLoad(mountPoint, 1);
                load.runUntilPromised(20);
                disk.cut();
                assertTrue(site.awaitEnd(Duration.ofMinutes(2)), "the site does not end");
                load.awaitEnd();
                List<String> words = site.logLines().stream()
                        .filter(line -> line.startsWith("apollo: "))
                        .toList();
                assertEquals(1, words.size(), words::toString);
                assertTrue(words.getFirst().contains("disk of the namespace's member fails"), words::toString);
                assertTrue(site.logLines().stream().noneMatch(line -> line.contains("SIGBUS")));
            } finally {
                site.end(Duration.ofSeconds(10)).forEach(System.out::println);
            }
        }
    }
}

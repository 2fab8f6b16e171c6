package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A site of 2+1 that loses one target, gets an empty one, and then loses another. */
@Timeout(240)
final class SiteRepairTest {
    private static final long TARGET_SIZE = 64L << 20;
    private static final int FILES = 7;

    @TempDir
    private Path temporary;

    @Test
    void shouldBeWholeAgainAfterATargetWasReplaced() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        SiteFolder folder = SiteFolder.of(temporary.resolve("site"));
        Path mount = Files.createDirectory(temporary.resolve("mnt"));
        HardwareProfile profile =
                ProfileLoader.load("embedded").withLayout(2, 1).withTargetSize(TARGET_SIZE);
        byte[][] written = new byte[FILES][];
        String siteId;
        try (Node node = start(folder, mount, profile)) {
            await(folder, s -> s.path("redundancy").path("known").asBoolean());
            Random random = new Random(1);
            for (int i = 0; i < FILES; i++) {
                written[i] = new byte[100_000 + i * 777_777];
                random.nextBytes(written[i]);
                Files.write(mount.resolve("file" + i), written[i]);
            }
            siteId = node.files().record().siteId().toString();
            JsonNode status =
                    await(folder, s -> s.path("repair").path("state").asText().equals("done"));
            assertEquals("healthy", status.path("state").asText());
        }

        Path lost = folder.root().resolve("targets/0");
        SiteFolder.deleteTree(lost);
        try (Node node = start(folder, mount, profile)) {
            JsonNode status =
                    await(folder, s -> !s.path("redundancy").path("atRisk").isEmpty());
            assertEquals("degraded", status.path("state").asText());
            assertEquals(
                    0,
                    status.path("redundancy")
                            .path("atRisk")
                            .get(0)
                            .path("parityLeft")
                            .asInt());
            CliRun text = CliRun.of("status", "--dir", folder.root().toString());
            assertTrue(text.out().contains("with 0 of 1 parity left"), text.out());
            assertTrue(text.out().contains("waits for what is not there: targets [0]"), text.out());
            assertTrue(node.repair().status().surveyed());
        }

        CliRun format = CliRun.of(
                "target",
                "format",
                lost.toString(),
                "--id",
                "0",
                "--site",
                siteId,
                "--size",
                "64MiB",
                "--journal",
                "4MiB");
        assertEquals(0, format.exitCode(), format.err());
        try (Node node = start(folder, mount, profile)) {
            JsonNode status = await(
                    folder,
                    s -> s.path("repair").path("state").asText().equals("done")
                            && s.path("repair").path("chunksWritten").asLong() > 0);
            assertEquals("healthy", status.path("state").asText());
            assertTrue(status.path("redundancy").path("atRisk").isEmpty(), status.toString());
            assertTrue(status.path("redundancy").path("stripes").asLong() > FILES, status.toString());
            CliRun text = CliRun.of("status", "--dir", folder.root().toString());
            assertTrue(text.out().contains("redundancy whole"), text.out());
            node.checkHealthy();
        }

        SiteFolder.deleteTree(folder.root().resolve("targets/1"));
        try (Node node = start(folder, mount, profile)) {
            await(folder, s -> s.path("repair").path("reason").asText().contains("targets [1]"));
            for (int i = 0; i < FILES; i++) {
                assertArrayEquals(written[i], Files.readAllBytes(mount.resolve("file" + i)), "file" + i);
            }
            node.checkHealthy();
        }
    }

    private static Node start(SiteFolder folder, Path mount, HardwareProfile profile) {
        return Node.start(
                new NodeOptions(folder, mount, profile),
                StopSignal.detached(),
                new PrintWriter(new StringWriter(), true));
    }

    private static JsonNode await(SiteFolder folder, Predicate<JsonNode> condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        JsonNode status = ControlClient.ask(folder, "status");
        while (!condition.test(status)) {
            assertTrue(System.nanoTime() - deadline < 0, "not within two minutes: " + status);
            LockSupport.parkNanos(20_000_000);
            status = ControlClient.ask(folder, "status");
        }
        return status;
    }
}

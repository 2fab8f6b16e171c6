package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An {@code apollo up} that is killed at each step of being made, and of giving its namespace up: the next goes on. */
@Timeout(900)
final class SiteKillTest {
    private static final long TARGET_BYTES = 64L << 20;
    private static final int TARGETS = 6;
    private static final int DATA_CHUNKS = 4;
    private static final Duration GRACE = Duration.ofSeconds(20);

    @TempDir
    private Path temporary;

    private SiteFolder folder;
    private Path mountPoint;
    private Path profile;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        folder = SiteFolder.of(temporary.resolve("site"));
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        profile = temporary.resolve("profile.yaml");
        Files.writeString(
                profile, ProfileWriter.toYaml(ProfileLoader.load("embedded").withTargetSize(TARGET_BYTES)));
    }

    /** How far a start has come, as its files show it. */
    private interface Step {
        boolean isReached() throws IOException;
    }

    private SiteProcess launch(String... more) throws IOException {
        List<String> options = new ArrayList<>(List.of("--profile", profile.toString()));
        options.addAll(List.of(more));
        return SiteProcess.launch(
                new SiteProcess.SiteSpec(folder.root(), mountPoint, temporary.resolve("site.log"), options));
    }

    /** Starts it, and kills it as soon as it has come so far, or ended. */
    private void killAt(Step step, String... more) throws IOException {
        SiteProcess site = launch(more);
        while (site.isAlive() && !step.isReached()) {
            LockSupport.parkNanos(2_000_000);
        }
        site.end(Duration.ZERO);
        assertTrue(site.awaitEnd(GRACE), "did not end");
    }

    private static Step exists(Path file) {
        return () -> Files.exists(file);
    }

    private Step says(Path file, String text) {
        return () -> {
            try {
                return Files.readString(file).contains(text);
            } catch (IOException e) {
                // Not there yet, or just being replaced.
                return false;
            }
        };
    }

    private void run(Step check, String... more) throws IOException {
        SiteProcess site = launch(more);
        try {
            site.awaitReady();
            awaitTargets(site);
            check.isReached();
            site.stop();
        } catch (IOException | RuntimeException | AssertionError e) {
            site.logLines().forEach(System.out::println);
            throw e;
        } finally {
            site.end(GRACE).forEach(System.out::println);
        }
    }

    /** On a busy machine its lanes take a while. */
    private void awaitTargets(SiteProcess site) {
        long connected = 0;
        long there = 1;
        while (connected < there) {
            assertTrue(site.isAlive(), "the site has ended");
            JsonNode status = ControlClient.ask(folder, "status");
            there = 0;
            for (JsonNode target : status.path("targets")) {
                there += target.path("capacityBytes").asLong() * DATA_CHUNKS / TARGETS;
            }
            connected = status.path("space").path("totalBytes").asLong();
        }
    }

    @Test
    void shouldGoOnMakingASiteThatWasKilled() throws IOException {
        killAt(exists(folder.record()));
        killAt(exists(folder.secret()));
        killAt(exists(folder.root().resolve("targets/2")));
        killAt(exists(folder.namespaceMark()));
        killAt(exists(folder.namespace().resolve("cluster/recording.log")));
        killAt(says(folder.namespaceMark(), "hasLog=true"));
        killAt(says(folder.record(), "\"made\" : true"));
        run(() -> {
            Files.writeString(mountPoint.resolve("file"), "there");
            return true;
        });
        run(() -> {
            assertEquals("there", Files.readString(mountPoint.resolve("file")));
            return true;
        });
    }

    @Test
    void shouldGoOnGivingANamespaceUpThatWasKilled() throws IOException {
        byte[] content = new byte[3 << 20];
        new Random(3).nextBytes(content);
        run(() -> {
            Files.write(mountPoint.resolve("before"), content);
            return true;
        });
        String id = SiteRecord.load(folder).siteId().toString();
        String old = SiteRecord.load(folder).identity().namespaceId().toString();
        Files.move(folder.namespace(), temporary.resolve("away"));
        String outer = Files.readString(folder.namespaceMark());
        killAt(says(folder.record(), "\"made\" : false"), "--discard", id);
        killAt(() -> !Files.readString(folder.namespaceMark()).equals(outer));
        killAt(exists(folder.namespace().resolve("archive/identity")));
        killAt(says(folder.namespaceMark(), "hasLog=true"));
        run(() -> {
            assertEquals(0, mountPoint.toFile().list().length);
            Files.write(mountPoint.resolve("after"), content);
            return true;
        });
        SiteIdentity identity = SiteRecord.load(folder).identity();
        assertTrue(identity.namespaceMade());
        assertEquals(
                List.of(old),
                identity.discarded().stream().map(Object::toString).toList());
        run(() -> {
            assertArrayEquals(content, Files.readAllBytes(mountPoint.resolve("after")));
            return true;
        });
    }
}

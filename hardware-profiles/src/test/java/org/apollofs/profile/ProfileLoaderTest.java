package org.apollofs.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProfileLoaderTest {
    private static final String EMBEDDED = ProfileLoader.resource("embedded.yaml");

    @Test
    void shouldLoadEmbedded() {
        HardwareProfile profile = ProfileLoader.load("embedded");
        assertEquals(new LayoutProfile(4, 2, 1 << 20, 64 << 10), profile.layout());
        assertEquals(6, profile.targets().size());
        assertEquals(
                new TargetProfile(5, "targets/5", 2L << 30, 64, "disk-5"),
                profile.targets().get(5));
        assertEquals(LaneProfile.Media.IPC, profile.lanes().media());
        assertEquals(EngineProfile.Device.AUTO, profile.engine().device());
        assertEquals(1, profile.namespace().fileSyncLevel());
        assertEquals(
                List.of(new NamespaceProfile.Member(0, "127.0.0.1", 0)),
                profile.namespace().members());
    }

    @Test
    void shouldFillDefaultsFromSchema() {
        HardwareProfile profile = ProfileLoader.parse("small.yaml", """
            profile: small
            layout: {dataChunks: 1, parityChunks: 1}
            targets:
              - {id: 7, path: a, size: 1GiB}
              - {id: 9, path: b, size: 1073741824}
            """);
        assertEquals(1 << 20, profile.layout().chunkLength());
        assertEquals(
                new TargetProfile(9, "b", 1L << 30, 64, "target-9"),
                profile.targets().get(1));
        assertEquals(MountProfile.Backend.AUTO, profile.mount().backend());
        assertEquals(120_000, profile.mount().errorAfterMs());
        assertEquals(ThreadProfile.Idle.BACKOFF, profile.threads().targetIdle());
        assertEquals(1, profile.namespace().members().size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dataChunks: 4 | dataChunks: four | embedded.yaml:7: layout.dataChunks: expected an integer from 1 to"
                        + " 16, found \"four\"",
                "dataChunks: 4 | dataChunks: 17 | embedded.yaml:7: layout.dataChunks: expected an integer from 1 to"
                        + " 16, found 17",
                "errorAfter: 120s | errorAfter: 2m | embedded.yaml:38: mount.errorAfter: expected a length of time,"
                        + " such as 500ms, 120s, 2min or 1h, found \"2m\"",
                "errorAfter: 120s | errorAfter: 10ms | embedded.yaml:38: mount.errorAfter: expected a time from 1s to"
                        + " 24h, found 10ms",
                "dataChunks: 4 | dataChunk: 4 | embedded.yaml:7: layout.dataChunk: unknown key, expected"
                        + " \"dataChunks\" perhaps",
                "chunkLength: 1MiB | chunkLength: 1MB | embedded.yaml:9: layout.chunkLength: expected a power of two"
                        + " from 64KiB to 16MiB, found 1000000 (1MiB perhaps)",
                "chunkLength: 1MiB | chunkLength: 1 MiB | embedded.yaml:9: layout.chunkLength: expected a size in"
                        + " bytes, such as 65536, 64KiB, 1m, 4GiB (binary) or 3.84TB (decimal), found \"1 MiB\"",
                "chunkLength: 1MiB | chunkLength: 3MiB | embedded.yaml:9: layout.chunkLength: expected a power of two"
                        + " from 64KiB to 16MiB, found 3MiB",
                "media: ipc | media: rdma | lanes.media: expected one of ipc, udp, found \"rdma\"",
                "parityChunks: 2 | parityChunks: 3 | targets: expected at least 7 targets for a layout of 4+3, found 6",
                "disk-5 | disk-4 | targets: expected at least 6 failure domains for a layout of 4+2, found 5",
                "id: 5, path: targets/5 | id: 4, path: targets/5 | targets[5].id: expected an id of its own, found 4"
                        + " twice",
                "path: targets/5, size: 2GiB | path: targets/5, size: 1MiB | embedded.yaml:18: targets[5].size:"
                        + " expected a size from 16MiB to 1PiB, found 1MiB",
                "termLength: 2MiB | termLength: 15MiB | lanes.termLength: expected a power of two",
                "window: 1MiB | window: 16MiB | lanes.window: expected a size from 65504 to 1MiB, found 16MiB",
                "creditChunks: 10 | creditChunks: 64 | lanes.creditChunks: expected at most engine.targetSlabs (14)",
                "hostSlabs: 64 | hostSlabs: 12 | engine.hostSlabs: expected at least 20",
                "profile: embedded | # nothing | profile: expected a name of 1 to 64 letters, digits, dots, dashes,"
                        + " found nothing",
                "device: auto | device: [auto] | engine.device: expected one of auto, uring, filechannel, found a list"
                        + " of 1",
            })
    void shouldSayFileLineKeyAndWhatWasExpected(String present, String replacement, String message) {
        assertTrue(EMBEDDED.contains(present), present);
        ProfileException failure = assertThrows(
                ProfileException.class,
                () -> ProfileLoader.parse("embedded.yaml", EMBEDDED.replace(present, replacement)));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count());
    }

    @Test
    void shouldRefuseKeyGivenTwice() {
        ProfileException failure =
                assertThrows(ProfileException.class, () -> ProfileLoader.parse("p.yaml", "profile: a\nprofile: b\n"));
        assertTrue(failure.getMessage().startsWith("p.yaml:2: "), failure.getMessage());
    }

    @Test
    void shouldSayLineOfBrokenYaml() {
        ProfileException failure = assertThrows(
                ProfileException.class, () -> ProfileLoader.parse("p.yaml", "profile: a\nlayout: {dataChunks: [\n"));
        assertTrue(failure.getMessage().matches("p\\.yaml:[23]: expected YAML: .*"), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count());
    }

    @Test
    void shouldRefuseEmptyFile() {
        ProfileException failure =
                assertThrows(ProfileException.class, () -> ProfileLoader.parse("p.yaml", "# nothing\n"));
        assertTrue(failure.getMessage().contains("p.yaml:1: "), failure.getMessage());
        assertEquals(3, failure.problems().size(), failure.getMessage());
    }

    @Test
    void shouldSayThatFileIsAbsent(@TempDir Path folder) {
        String path = folder.resolve("none.yaml").toString();
        ProfileException failure = assertThrows(ProfileException.class, () -> ProfileLoader.load(path));
        assertTrue(failure.getMessage().startsWith(path + ": no such file"), failure.getMessage());
    }

    @Test
    void shouldLoadFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("mine.yaml");
        Files.writeString(file, EMBEDDED);
        assertEquals(
                ProfileLoader.load("embedded").layout(),
                ProfileLoader.load(file.toString()).layout());
    }

    @ParameterizedTest
    @CsvSource({"1,0", "1,1", "2,1", "4,2", "8,2", "16,4"})
    void shouldDeriveLayoutWithItsTargets(int k, int m) {
        HardwareProfile profile = ProfileLoader.load("embedded").withLayout(k, m);
        assertEquals(k + m, profile.targets().size());
        assertEquals(k + "+" + m, profile.layout().notation());
        assertEquals(List.of(), ProfileRules.check(profile));
        assertEquals("targets/" + (k + m - 1), profile.targets().getLast().path());
    }

    @Test
    void shouldRefuseTargetSizeThatIsTooSmall() {
        HardwareProfile profile = ProfileLoader.load("embedded");
        assertThrows(ProfileException.class, () -> profile.withTargetSize(4096));
        assertEquals(
                64L << 20,
                profile.withTargetSize(64L << 20).targets().getFirst().sizeBytes());
    }
}

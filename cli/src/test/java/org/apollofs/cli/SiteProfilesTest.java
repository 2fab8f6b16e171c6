package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SiteProfilesTest {
    @TempDir
    private Path temporary;

    private void makeSite(String layout, Map<Integer, String> targets) throws IOException {
        new SiteRecord(UUID.randomUUID(), "now", layout, 1 << 20, targets).store(SiteFolder.of(temporary));
    }

    @Test
    void shouldKeepLayoutOfSite() throws IOException {
        makeSite("8+2", Map.of(9, "targets/9"));
        assertEquals(
                10,
                SiteProfiles.choose(SiteFolder.of(temporary), null, null, null)
                        .targets()
                        .size());
    }

    @Test
    void shouldRefuseOtherLayout() throws IOException {
        makeSite("8+2", Map.of());
        CommandFailure failure = assertThrows(
                CommandFailure.class,
                () -> SiteProfiles.choose(SiteFolder.of(temporary), null, new int[] {4, 2}, null));
        assertEquals(ExitCode.PROFILE, failure.exitCode());
        assertTrue(failure.getMessage().contains("site=8+2"), failure.getMessage());
    }

    @Test
    void shouldRefuseProfileWithoutTargetOfSite() throws IOException {
        makeSite("4+2", Map.of(3, "elsewhere/3"));
        CommandFailure failure = assertThrows(
                CommandFailure.class, () -> SiteProfiles.choose(SiteFolder.of(temporary), null, null, null));
        assertTrue(failure.getMessage().contains("target=3"), failure.getMessage());
    }

    @Test
    void shouldEndWithProfileCodeAndOneLine() throws IOException {
        Path profile = temporary.resolve("p.yaml");
        Files.writeString(profile, "profile: p\nlayuot: {dataChunks: 4, parityChunks: 2}\n");
        Path site = temporary.resolve("site");
        CliRun run = CliRun.of(
                "up", "--dir", site.toString(), "--mount", temporary.toString(), "--profile", profile.toString());
        assertEquals(ExitCode.PROFILE.code(), run.exitCode(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains("p.yaml:2: layuot: unknown key, expected \"layout\""), run.err());
        assertTrue(Files.notExists(site));
    }
}

package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class SiteFolderTest {
    private static final ControlServer.StreamHandler NO_STREAMS = new ControlServer.StreamHandler() {
        @Override
        public boolean takes(JsonNode request) {
            return false;
        }

        @Override
        public void serve(JsonNode request, InputStream in, OutputStream out) throws IOException {
            throw new IOException("nothing is streamed here: request=" + request);
        }
    };

    @TempDir
    private Path temporary;

    @Test
    void shouldRefuseSecondProcessOnSameFolder() {
        SiteFolder folder = SiteFolder.of(temporary.resolve("site"));
        try (SiteLock first = SiteLock.take(folder)) {
            assertTrue(SiteLock.isHeld(folder));
            CommandFailure failure = assertThrows(CommandFailure.class, () -> SiteLock.take(folder));
            assertEquals(ExitCode.SITE, failure.exitCode());
            assertTrue(
                    failure.getMessage()
                            .contains("pid=" + ProcessHandle.current().pid()),
                    failure.getMessage());
            assertTrue(first != null);
        }
        assertFalse(SiteLock.isHeld(folder));
        SiteLock.take(folder).close();
    }

    @Test
    void shouldKeepRecordOverRestart() throws IOException {
        SiteFolder folder = SiteFolder.of(temporary);
        SiteRecord record = new SiteRecord(UUID.randomUUID(), "2026-01-01T00:00:00Z", "4+2", 1 << 20, Map.of());
        record.withTarget(3, "targets/3").withTarget(0, "targets/0").store(folder);
        SiteRecord loaded = SiteRecord.load(folder);
        assertEquals(record.siteId(), loaded.siteId());
        assertEquals(Map.of(0, "targets/0", 3, "targets/3"), loaded.targets());
        assertEquals("4+2", loaded.layout());
    }

    @Test
    void shouldSayThatRecordIsDamaged() throws IOException {
        SiteFolder folder = SiteFolder.of(temporary);
        Files.writeString(folder.record(), "{\"format\": 1, \"siteId\": ");
        CommandFailure failure = assertThrows(CommandFailure.class, () -> SiteRecord.load(folder));
        assertEquals(ExitCode.SITE, failure.exitCode());
    }

    @Test
    void shouldRefuseFolderWithSomethingElseInIt() throws IOException {
        Files.writeString(temporary.resolve("thesis.tex"), "x");
        CommandFailure failure = assertThrows(
                CommandFailure.class, () -> SiteFolder.of(temporary).checkUsable());
        assertTrue(failure.getMessage().contains("thesis.tex"), failure.getMessage());
    }

    @Test
    void shouldAnswerOverControlSocket() throws IOException {
        SiteFolder folder = SiteFolder.of(temporary);
        new SiteRecord(UUID.randomUUID(), "now", "1+0", 1 << 20, Map.of()).store(folder);
        Files.createDirectories(folder.run());
        assertEquals(
                ExitCode.UNAVAILABLE,
                assertThrows(CommandFailure.class, () -> ControlClient.ask(folder, "status"))
                        .exitCode());
        try (ControlServer server = ControlServer.start(folder, "test", SiteFolderTest::answer, NO_STREAMS)) {
            assertTrue(server != null);
            assertEquals(
                    "status", ControlClient.ask(folder, "status").get("asked").asText());
            CommandFailure failure = assertThrows(CommandFailure.class, () -> ControlClient.ask(folder, "fail"));
            assertTrue(failure.getMessage().contains("cannot be answered"), failure.getMessage());
            assertEquals(
                    "again", ControlClient.ask(folder, "again").get("asked").asText());
        }
        assertFalse(Files.exists(folder.control()));
    }

    private static com.fasterxml.jackson.databind.node.ObjectNode answer(JsonNode request) {
        String command = request.get("command").asText();
        if (command.equals("fail")) {
            throw new IllegalStateException("cannot be answered");
        }
        return new ObjectMapper().createObjectNode().put("asked", command);
    }

    @Test
    void shouldServeControlSocketOfLongPath() throws IOException {
        SiteFolder folder = SiteFolder.of(temporary.resolve("d".repeat(120)));
        Files.createDirectories(folder.run());
        new SiteRecord(UUID.randomUUID(), "now", "1+0", 1 << 20, Map.of()).store(folder);
        try (ControlServer server = ControlServer.start(folder, "long-path-test", SiteFolderTest::answer, NO_STREAMS)) {
            assertTrue(server != null);
            assertEquals("x", ControlClient.ask(folder, "x").get("asked").asText());
        }
    }
}

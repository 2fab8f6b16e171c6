package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The benchmarks of chunk stores work, verify what they wrote, and leave nothing. How fast they are is not asked here. */
@Timeout(120)
final class StoreBenchTest {
    @TempDir
    private Path folder;

    private JsonNode run(String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.addAll(List.of("--json", "--dir", folder.resolve("work").toString()));
        CliRun run = CliRun.of(arguments.toArray(String[]::new));
        assertEquals(0, run.exitCode(), run.out() + run.err());
        assertTrue(Files.notExists(folder.resolve("work")), "something was left");
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void shouldCompareStoreDeviceAndFio() throws IOException {
        JsonNode result = run("bench", "store", "--size", "64MiB", "--rounds", "1");
        for (String chunk : List.of("chunk1024KiB", "chunk64KiB")) {
            for (String peer : List.of("store", "device")) {
                assertTrue(
                        result.path(chunk).path(peer).path("writeGbPerSecond").asDouble() > 0, result.toString());
                assertTrue(result.path(chunk).path(peer).path("readGbPerSecond").asDouble() > 0, result.toString());
            }
            assertTrue(result.path(chunk)
                            .path("storeTo")
                            .path("device")
                            .path("write")
                            .asDouble()
                    > 0);
            assertEquals(
                    result.path("fio").asBoolean(),
                    result.path(chunk).path("storeTo").has("fio"),
                    result.toString());
            assertTrue(result.path(chunk)
                            .path("stages")
                            .path("journal")
                            .path("p99Ms")
                            .asDouble()
                    > 0);
        }
    }

    @Test
    void shouldOpenATargetOfManyChunks() throws IOException {
        JsonNode result = run("bench", "index", "--chunks", "20000");
        assertEquals(20_000, result.path("chunks").asInt());
        assertTrue(result.path("memoryBytes").asLong() > 20_000 * 64, result.toString());
    }

    @Test
    void shouldHoldManyChunksInASmallHeap() throws IOException {
        JsonNode result = run("bench", "heap", "--chunks", "3000", "--heap", "128m");
        assertEquals(3_000, result.path("chunks").asInt());
        assertTrue(result.path("maxHeapBytes").asLong() <= 128L << 20, result.toString());
        assertEquals(0, result.path("pauses").asInt(), result.toString());
    }
}

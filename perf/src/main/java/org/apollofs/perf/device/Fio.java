package org.apollofs.perf.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** fio as a process: runs one job and reads its JSON. Blocks; any thread. */
public final class Fio {
    private static final long DEADLINE_S = 300;
    private static final double BYTES_PER_GB = 1e9;

    /** fio does not do a job: an engine that is forbidden or not built in, a file that cannot be opened. */
    public static final class FailedException extends IOException {
        private static final long serialVersionUID = 1L;

        FailedException(String message) {
            super(message);
        }
    }

    private Fio() {}

    /** "fio-3.33", or null if it is not installed. */
    public static String version() {
        try {
            return run(List.of("fio", "--version")).strip();
        } catch (IOException e) {
            return null;
        }
    }

    /** A path as fio's file names want it. */
    public static String escaped(Path file) {
        return file.toAbsolutePath().toString().replace(":", "\\:");
    }

    /**
     * Runs one job.
     *
     * @param options without the output format.
     * @param direction "write" or "read": whose rate is wanted.
     * @param bytes that it must have moved.
     * @return GB (1e9 bytes) per second, a final fsync included.
     * @throws FailedException if fio does not do it.
     */
    public static double gbPerSecond(List<String> options, String direction, long bytes) throws IOException {
        List<String> command = new ArrayList<>(List.of("fio", "--output-format=json"));
        command.addAll(options);
        String json = run(command);
        if (json.indexOf('{') < 0) {
            throw new FailedException("no JSON from: " + String.join(" ", command));
        }
        JsonNode result =
                new ObjectMapper().readTree(json.substring(json.indexOf('{'))).at("/jobs/0/" + direction);
        if (result.path("io_bytes").asLong() != bytes) {
            throw new FailedException("fio moved " + result.path("io_bytes").asLong() + " bytes of " + bytes);
        }
        return result.path("bw_bytes").asDouble() / BYTES_PER_GB;
    }

    private static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(DEADLINE_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new FailedException("failed: " + String.join(" ", command));
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + command.getFirst(), e);
        } finally {
            process.destroyForcibly();
        }
    }
}

package org.apollofs.perf.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ceiling by fio: the same job for everybody who wants to check the figure. */
final class FioCeiling implements DeviceCeiling {
    private static final long DEADLINE_S = 300;
    private static final double BYTES_PER_GB = 1e9;

    private static final Logger LOG = LoggerFactory.getLogger(FioCeiling.class);

    private final Path folder;
    private final String version;
    private final String engine;

    private FioCeiling(Path folder, String version, String engine) {
        this.folder = folder;
        this.version = version;
        this.engine = engine;
    }

    /** @return null if there is no fio, or none of its asynchronous engines works in the folder. */
    static FioCeiling find(Path folder) throws IOException {
        String version;
        try {
            version = run(List.of("fio", "--version")).strip();
        } catch (IOException e) {
            return null;
        }
        for (String engine : List.of("io_uring", "libaio")) {
            FioCeiling candidate = new FioCeiling(folder, version, engine);
            try {
                if (candidate.measure(BLOCK_LENGTH) > 0) {
                    return candidate;
                }
            } catch (IOException forbiddenOrNotBuiltIn) {
                LOG.info("fio engine {} is of no use here: {}", engine, forbiddenOrNotBuiltIn.getMessage());
            }
        }
        return null;
    }

    @Override
    public String method() {
        return version + " " + engine;
    }

    @Override
    public double measure(long bytes) throws IOException {
        Path file = folder.resolve("apollo-device-ceiling.bin");
        try {
            String json = run(List.of(
                    "fio",
                    "--name=ceiling",
                    "--filename=" + file.toAbsolutePath().toString().replace(":", "\\:"),
                    "--rw=write",
                    "--direct=1",
                    "--end_fsync=1",
                    "--fallocate=native",
                    "--bs=" + BLOCK_LENGTH,
                    "--iodepth=" + QUEUE_DEPTH,
                    "--ioengine=" + engine,
                    "--size=" + bytes,
                    "--output-format=json"));
            JsonNode write = new ObjectMapper()
                    .readTree(json.substring(json.indexOf('{')))
                    .at("/jobs/0/write");
            if (write.path("io_bytes").asLong() != bytes) {
                throw new IOException("fio wrote " + write.path("io_bytes").asLong() + " bytes of " + bytes);
            }
            return write.path("bw_bytes").asDouble() / BYTES_PER_GB;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(DEADLINE_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("failed: " + String.join(" ", command));
            }
            if (output.indexOf('{') < 0 && command.size() > 2) {
                throw new IOException("no JSON from: " + String.join(" ", command));
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

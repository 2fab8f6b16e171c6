package org.apollofs.profile.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** This machine. Any thread. */
public final class LiveMachine implements MachineSource {
    private static final int MOST_BYTES = 4 << 20;
    private static final long COMMAND_SECONDS = 10;
    private static final String ADMIN_PATH = ":/usr/sbin:/sbin:/usr/local/sbin";

    @Override
    public Optional<String> read(String path) {
        // Files of /proc and /sys have no length that could be asked for.
        try (var stream = Files.newInputStream(Path.of(path))) {
            return Optional.of(new String(stream.readNBytes(MOST_BYTES), StandardCharsets.UTF_8).stripTrailing());
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<String> list(String path) {
        try (Stream<Path> entries = Files.list(Path.of(path))) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException | InvalidPathException e) {
            return List.of();
        }
    }

    @Override
    public Optional<String> resolve(String path) {
        try {
            return Optional.of(Path.of(path).toRealPath().toString());
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> run(String... command) {
        Path output = null;
        try {
            Path found = find(command[0]);
            if (found == null) {
                return Optional.empty();
            }
            output = Files.createTempFile("apollo-probe", ".out");
            List<String> words = new ArrayList<>(List.of(command));
            words.set(0, found.toString());
            ProcessBuilder builder = new ProcessBuilder(words)
                    .redirectOutput(output.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return Optional.empty();
            }
            return process.exitValue() == 0 ? read(output.toString()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            delete(output);
        }
    }

    private static Path find(String command) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin") + ADMIN_PATH;
        for (String folder : path.split(":")) {
            Path candidate = Path.of(folder).resolve(command);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    private static void delete(Path output) {
        if (output != null && !output.toFile().delete()) {
            output.toFile().deleteOnExit();
        }
    }
}

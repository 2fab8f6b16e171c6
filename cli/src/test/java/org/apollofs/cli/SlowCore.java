package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One core with four busy loops, for processes of the lowest priority beside them. Closing it ends the loops. */
final class SlowCore implements AutoCloseable {
    private static final int LOOPS = 4;
    private static final String CORE = "0";
    private static final String LOWEST = "19";
    /** Threads that are made meanwhile take after the one that makes them: the second time there are no others left. */
    private static final int TIMES = 2;

    private final List<Process> loops = new ArrayList<>();

    static SlowCore start() throws IOException {
        SlowCore core = new SlowCore();
        for (int i = 0; i < LOOPS; i++) {
            core.loops.add(new ProcessBuilder("taskset", "-c", CORE, "sh", "-c", "while :; do :; done").start());
        }
        return core;
    }

    /** Slows a process, with the threads it has and will have. */
    void add(long pid) throws IOException {
        for (int i = 0; i < TIMES; i++) {
            Shell.run("taskset", "-acp", CORE, Long.toString(pid));
            renice(pid, LOWEST);
        }
    }

    /** Lets it have all cores again. */
    void remove(long pid) throws IOException {
        for (int i = 0; i < TIMES; i++) {
            Shell.run("taskset", "-acp", "0-" + (Runtime.getRuntime().availableProcessors() - 1), Long.toString(pid));
            renice(pid, "0");
        }
    }

    /** Linux gives each thread a priority of its own. */
    private static void renice(long pid, String priority) throws IOException {
        List<String> command = new ArrayList<>(List.of("renice", "-n", priority, "-p"));
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            threads.forEach(thread -> command.add(thread.getFileName().toString()));
        } catch (NoSuchFileException e) {
            return; // it has ended, which is for others to judge
        }
        // Threads may have ended since: renice fails for these alone.
        Shell.succeeds(command.toArray(String[]::new));
    }

    @Override
    public void close() {
        loops.forEach(Process::destroyForcibly);
    }
}

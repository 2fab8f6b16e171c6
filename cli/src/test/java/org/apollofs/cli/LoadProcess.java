package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apollofs.perf.durability.Note;
import org.apollofs.perf.durability.WorkJournal;

/** {@code apollo bench durability} in a process of its own. Whoever starts it stops it. */
final class LoadProcess {
    private static final long POLL_MS = 20;

    private final Process process;
    private final Path journal;
    private final Path log;

    private LoadProcess(Process process, Path journal, Path log) {
        this.process = process;
        this.journal = journal;
        this.log = log;
    }

    /** Starts one. @param where options that say in what it works. */
    static LoadProcess start(Path journal, long seed, int workers, List<String> where) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "bench",
                "durability",
                "--journal",
                journal.toString(),
                "--seed",
                Long.toString(seed),
                "--workers",
                Integer.toString(workers)));
        arguments.addAll(where);
        Path log = Path.of(journal + ".log");
        Process process = new ProcessBuilder(JvmCommand.apollo(arguments))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process.getOutputStream().close();
        return new LoadProcess(process, journal, log);
    }

    Path journal() {
        return journal;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits until so many steps were acknowledged. @throws IOException if it ends before, or does not get there in time. */
    void awaitAcknowledged(int steps, Duration deadline) throws IOException, InterruptedException {
        WorkJournal.Reader reader = new WorkJournal.Reader(journal);
        long endNs = System.nanoTime() + deadline.toNanos();
        long found = 0;
        while (found < steps) {
            found += reader.poll().stream()
                    .filter(note -> note instanceof Note.End end
                            && end.outcome().error().isEmpty())
                    .count();
            if (!isAlive() || System.nanoTime() - endNs > 0) {
                throw new IOException("the load makes no progress: acknowledged=" + found + ", it said: " + log());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    /** SIGTERM: no step is begun any more. @return whether all that were under way have ended. */
    boolean stop(long seconds) throws InterruptedException {
        process.destroy();
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        process.destroyForcibly();
        return ended;
    }

    /** What it printed: nothing is to be in it but where it works. */
    String log() throws IOException {
        return Files.readString(log);
    }

    void kill() {
        process.destroyForcibly();
    }
}

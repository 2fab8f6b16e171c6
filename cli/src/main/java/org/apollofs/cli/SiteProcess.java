package org.apollofs.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apollofs.fuse.MountGuard;

/**
 * An {@code apollo up} in a process of its own, so that who writes into the mount is not who serves it. Its output goes
 * to a log file.
 *
 * <p>Thread-safe: the shutdown hook may kill it while the main thread waits for it. Whoever started it stops it.
 */
final class SiteProcess {
    /** A site that starts waits for nobody but itself, however slow the machine is; one that fails says so and ends. */
    private static final Duration START_DEADLINE = Duration.ofMinutes(15);
    /** What is open is committed first, and each commit may wait as long as the profile says. */
    private static final Duration STOP_DEADLINE = Duration.ofMinutes(10);

    private static final long POLL_MS = 20;
    private static final int SHOWN_LOG_LINES = 3;

    private final SiteSpec spec;
    private final Process process;
    private final long logStart;

    private SiteProcess(SiteSpec spec, Process process, long logStart) {
        this.spec = spec;
        this.process = process;
        this.logStart = logStart;
    }

    /**
     * What to start.
     *
     * @param site its folder, made if it is not there.
     * @param mountPoint an existing, empty directory.
     * @param log file that output is appended to.
     * @param options more options of {@code up}.
     */
    record SiteSpec(Path site, Path mountPoint, Path log, List<String> options) {
        SiteSpec {
            options = List.copyOf(options);
        }
    }

    /** Starts the site without waiting. */
    static SiteProcess launch(SiteSpec spec) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "up",
                "--dir",
                spec.site().toString(),
                "--mount",
                spec.mountPoint().toString()));
        arguments.addAll(spec.options());
        long logStart = Files.exists(spec.log()) ? Files.size(spec.log()) : 0;
        Process process = new ProcessBuilder(JvmCommand.apollo(arguments))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(spec.log().toFile()))
                .start();
        process.getOutputStream().close();
        return new SiteProcess(spec, process, logStart);
    }

    /** Waits until the site says that it serves, and the kernel has the mount. */
    void awaitReady() throws IOException {
        Path ready = SiteFolder.of(spec.site()).ready();
        long endNs = System.nanoTime() + START_DEADLINE.toNanos();
        while (!isReady(ready) || !MountTable.isMounted(spec.mountPoint())) {
            if (!process.isAlive()) {
                throw new CommandFailure(
                        ExitCode.SITE,
                        "the site did not start: exit=" + process.exitValue() + ", " + lastWords(),
                        seeLog());
            }
            if (System.nanoTime() > endNs) {
                throw new CommandFailure(
                        ExitCode.UNAVAILABLE,
                        "the site did not serve within " + START_DEADLINE.toSeconds() + " s: " + lastWords(),
                        seeLog());
            }
            pause();
        }
    }

    /** One that was killed leaves the file, and its mount, for the next to take away. */
    private boolean isReady(Path ready) throws IOException {
        try {
            return Files.readString(ready).strip().equals(Long.toString(process.pid()));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Whether it runs. */
    boolean isAlive() {
        return process.isAlive();
    }

    /** Kills it without waiting: whatever uses its mount fails. Any thread. */
    void abort() {
        process.destroyForcibly();
    }

    /** Its process id. */
    long pid() {
        return process.pid();
    }

    /** As started. */
    SiteSpec spec() {
        return spec;
    }

    /**
     * Stops it with SIGTERM: what is open is committed, the mount goes away.
     *
     * @throws CommandFailure if it does not end in time or not with 0; it is killed then.
     */
    void stop() throws IOException {
        process.destroy();
        if (!awaitEnd(STOP_DEADLINE)) {
            kill();
            throw new CommandFailure(
                    ExitCode.UNAVAILABLE,
                    "the site did not stop within " + STOP_DEADLINE.toSeconds() + " s and was killed: " + lastWords(),
                    seeLog());
        }
        if (process.exitValue() != 0) {
            kill();
            throw new CommandFailure(
                    ExitCode.UNAVAILABLE,
                    "the site did not stop cleanly: exit=" + process.exitValue() + ", " + lastWords(),
                    seeLog());
        }
    }

    /** Ends it in whatever way works: SIGTERM and a little time, SIGKILL, detach. @return lines for what is left. */
    List<String> end(Duration grace) throws IOException {
        if (process.isAlive()) {
            process.destroy();
            awaitEnd(grace);
        }
        return kill();
    }

    private List<String> kill() throws IOException {
        process.destroyForcibly();
        awaitEnd(Duration.ofSeconds(10));
        List<String> left = MountTable.detachBelow(spec.mountPoint());
        if (left.isEmpty() && Files.exists(spec.mountPoint())) {
            MountGuard.takeAway(
                    spec.mountPoint(), SiteFolder.of(spec.site()).run().resolve(SiteMount.GUARD_NOTE));
        }
        return left;
    }

    /** Waits for its end. @return whether it has ended. */
    boolean awaitEnd(Duration deadline) {
        try {
            return process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What it wrote since this start. */
    List<String> logLines() throws IOException {
        try {
            byte[] all = Files.readAllBytes(spec.log());
            int from = (int) Math.min(logStart, all.length);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private String lastWords() throws IOException {
        List<String> lines = logLines().stream()
                .filter(line -> !line.isBlank() && !line.startsWith("WARNING: Using incubator"))
                .toList();
        return lines.isEmpty()
                ? "it said nothing"
                : "it said: "
                        + String.join("; ", lines.subList(Math.max(0, lines.size() - SHOWN_LOG_LINES), lines.size()));
    }

    private String seeLog() {
        return "read the log with --keep, " + spec.log();
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

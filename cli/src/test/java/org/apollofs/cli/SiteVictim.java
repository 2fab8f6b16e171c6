package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An embedded site: {@code apollo up}. */
final class SiteVictim implements Victim {
    private static final Duration GRACE = Duration.ofSeconds(60);

    private final SiteProcess.SiteSpec spec;
    private final SlowCore slow;
    private SiteProcess process;

    /** @param slow where its processes run, or null. */
    SiteVictim(SiteProcess.SiteSpec spec, SlowCore slow) {
        this.spec = spec;
        this.slow = slow;
    }

    @Override
    public String name() {
        return "site";
    }

    @Override
    public List<Long> pids() {
        return List.of(process.pid());
    }

    @Override
    public boolean isAlone() {
        return true;
    }

    @Override
    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    @Override
    public void launch() throws IOException {
        process = SiteProcess.launch(spec);
        if (slow != null) {
            slow.add(process.pid());
        }
    }

    @Override
    public void awaitReady() throws IOException {
        process.awaitReady();
    }

    @Override
    public void kill() throws IOException {
        process.abort();
        if (!process.awaitEnd(GRACE)) {
            throw new IOException("does not end by SIGKILL: pid=" + process.pid());
        }
    }

    @Override
    public void terminate() throws IOException {
        process.stop();
    }

    @Override
    public List<Path> memory() throws IOException {
        return List.of(
                Path.of(Files.readString(SiteFolder.of(spec.site()).driver()).strip()));
    }

    @Override
    public List<String> log() throws IOException {
        return Files.exists(spec.log()) ? Files.readAllLines(spec.log()) : List.of();
    }

    /** Ends it in whatever way works. */
    void end() throws IOException {
        if (process != null) {
            process.end(GRACE);
        }
    }
}

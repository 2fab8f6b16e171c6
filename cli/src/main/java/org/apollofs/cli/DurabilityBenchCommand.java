package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apollofs.perf.durability.DurabilityLoad;
import org.apollofs.perf.durability.KeyAccess;
import org.apollofs.perf.durability.Verifier;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Changes a site and notes what it acknowledges, or holds a site to such notes: see {@link DurabilityLoad}. */
@Command(
        name = "durability",
        description = {
            "Work in a site and note outside of it, in a journal, what it acknowledges, while whatever may happens to"
                    + " the site.",
            "Then, with --verify, compare: what was acknowledged must be there, and nothing that never could be."
        })
final class DurabilityBenchCommand implements Callable<Integer> {
    private static final int MOST_WORKERS = 64;
    private static final long LOOK_EVERY_MS = 50;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--journal",
            required = true,
            paramLabel = "FILE",
            description = "The notes: a new file outside of the site, or with --verify that of an earlier run.")
    private Path journal;

    @Option(names = "--mount", paramLabel = "MNT", description = "Work with files, in the site's mount.")
    private Path mount;

    @Option(names = "--dir", paramLabel = "DIR", description = "Work with keys too: those of the site in this folder.")
    private Path dir;

    @Option(
            names = "--profile",
            paramLabel = "P",
            description = "Or with those of the members of this profile that run as 'apollo namespace'.")
    private String profile;

    @Option(names = "--seed", paramLabel = "N", description = "Which load (default: a new one each time).")
    private long seed = System.nanoTime();

    @Option(
            names = "--workers",
            defaultValue = "4",
            paramLabel = "N",
            description = "Threads (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Option(
            names = "--seconds",
            defaultValue = "0",
            paramLabel = "S",
            description = "How long to work; 0 is until Ctrl-C or SIGTERM (default: ${DEFAULT-VALUE}).")
    private long seconds;

    @Option(names = "--verify", description = "Compare the site with the journal instead of working.")
    private boolean verify;

    @Override
    public Integer call() throws IOException, InterruptedException {
        boolean hasNone = mount == null && dir == null && profile == null;
        if (hasNone || (dir != null && profile != null)) {
            throw new ParameterException(
                    spec.commandLine(), "--mount is needed, or --dir or --profile, or --mount and one of these");
        }
        if (workers < 1 || workers > MOST_WORKERS) {
            throw new ParameterException(
                    spec.commandLine(), "--workers: expected 1 to " + MOST_WORKERS + ", found " + workers);
        }
        try (KeyAccess access = keys()) {
            return verify ? verify(access) : work(access);
        }
    }

    private KeyAccess keys() {
        if (profile != null) {
            return new ReconnectingKeys(() -> NamespaceConnection.ofMembers(ProfileLoader.load(profile)));
        }
        return dir == null ? null : new ReconnectingKeys(() -> NamespaceConnection.ofSite(SiteFolder.of(dir)));
    }

    private int work(KeyAccess access) throws IOException, InterruptedException {
        if (Files.exists(journal)) {
            throw new ParameterException(
                    spec.commandLine(), "--journal: expected a new file, found " + journal + " there already");
        }
        StopSignal stop = StopSignal.install();
        DurabilityLoad load = new DurabilityLoad(journal, seed, workers, mount, access);
        Thread end = new Thread(() -> awaitEnd(stop, load), "durability-end");
        end.setDaemon(true);
        end.start();
        say("working: journal=" + journal + ", seed=" + seed);
        load.run();
        say("done; now: apollo bench durability --verify --journal " + journal + " ...");
        return ExitCode.OK.code();
    }

    private void awaitEnd(StopSignal stop, DurabilityLoad load) {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try {
            boolean ended = false;
            while (!ended && (seconds == 0 || System.nanoTime() - endNs < 0)) {
                ended = stop.await(LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            load.stop();
        }
    }

    private int verify(KeyAccess access) throws IOException {
        Verifier.Verdict verdict = Verifier.verify(journal, mount, access);
        verdict.seen().forEach(problem -> say("while it worked: " + problem));
        verdict.problems().forEach(this::say);
        int count = verdict.problems().size() + verdict.seen().size();
        say(count + " problems: " + verdict.acknowledged() + " steps acknowledged, " + verdict.failed() + " not, "
                + verdict.names() + " names compared");
        return (count == 0 ? ExitCode.OK : ExitCode.VERIFY).code();
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}

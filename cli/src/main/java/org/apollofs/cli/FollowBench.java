package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import org.apollofs.perf.device.Samples;
import org.apollofs.perf.kv.KvClient;
import org.apollofs.perf.kv.KvCluster;
import org.apollofs.perf.kv.KvFollower;
import org.apollofs.perf.kv.KvLoad;
import org.apollofs.perf.kv.KvSettings;
import org.apollofs.perf.report.Report;

/**
 * What a follower of the change log costs the writers, and how fast it is: writers alone and writers with a live follower take
 * turns, best many short ones, as the machine and its disk change all the time; then a follower that starts far behind catches up,
 * without writers and beside them. One thread runs it.
 */
final class FollowBench {
    private static final long SPACE_BYTES = 6L << 30;
    private static final double DEADLINE_SECONDS = 120;
    private static final int CATCH_UP_ROUNDS = 5;
    private static final double CATCH_UP_SECONDS = 1;

    private final KvSettings settings;
    private final double seconds;
    private final int rounds;
    private final long behind;
    private final StopSignal stop;
    private final ProgressLine progress;
    private final Samples alone = new Samples();
    private final Samples followed = new Samples();
    private final Samples slowdown = new Samples();
    private final Samples lagSeconds = new Samples();
    private final Samples catchUp = new Samples();
    private final Samples catchUpBesideWriters = new Samples();

    /** @param behind changes that the follower which catches up begins before the end. */
    FollowBench(KvSettings settings, double seconds, int rounds, long behind, StopSignal stop, ProgressLine progress) {
        this.settings = settings;
        this.seconds = seconds;
        this.rounds = rounds;
        this.behind = behind;
        this.stop = stop;
        this.progress = progress;
    }

    /** Measures and cleans up, also after a failure. @param dir to work in, or null. */
    Report run(Path dir) throws IOException {
        Workspace workspace = Workspace.open(dir, "apollo-bench-", SPACE_BYTES, false);
        try (CloseStack stack = new CloseStack()) {
            KvCluster cluster = stack.push(KvCluster.apollo(settings, workspace.root()));
            KvClient client = stack.push(cluster.connect(settings));
            KvLoad load = new KvLoad(client, settings, stop::isRequested);
            KvFollower follower = stack.push(cluster.newFollower());
            load.fill();
            for (int round = 0; round <= rounds; round++) {
                String name = round == 0 ? "warm-up" : "round " + round + " of " + rounds;
                boolean counts = round > 0;
                double rateAlone;
                double rateFollowed;
                // Now this first, now that: what recurs, as snapshots do, falls on both.
                if (round % 2 == 0) {
                    rateFollowed = writeFollowed(follower, load, name, counts);
                    rateAlone = write(load, name + ", alone");
                } else {
                    rateAlone = write(load, name + ", alone");
                    rateFollowed = writeFollowed(follower, load, name, counts);
                }
                if (counts) {
                    alone.add(rateAlone);
                    followed.add(rateFollowed);
                    slowdown.add(100 * (1 - rateFollowed / rateAlone));
                }
            }
            growTo(follower, load);
            for (int round = 1; round <= Math.min(rounds, CATCH_UP_ROUNDS); round++) {
                catchUp(follower, load, round);
            }
            return report();
        } finally {
            workspace.close().forEach(progress::say);
        }
    }

    private double write(KvLoad load, String phase) {
        progress.begin(phase);
        double rate = load.run(seconds).operationsPerSecond();
        checkStopped();
        progress.end(rate(rate));
        return rate;
    }

    private double writeFollowed(KvFollower follower, KvLoad load, String round, boolean counts) {
        follower.start(0);
        double rate = write(load, round + ", followed");
        double lag = follower.await(follower.last(), DEADLINE_SECONDS);
        follower.stop();
        if (counts) {
            lagSeconds.add(lag);
        }
        return rate;
    }

    /** Writes until there are as many changes as a follower is to be behind. */
    private void growTo(KvFollower follower, KvLoad load) {
        progress.begin("changes to catch up with");
        while (follower.last() < behind) {
            load.run(1);
            checkStopped();
        }
        progress.end(String.format(Locale.ROOT, "%,d", follower.last()));
    }

    private void catchUp(KvFollower follower, KvLoad load, int round) {
        String name = "catch up " + round;
        progress.begin(name);
        follower.start(behind);
        catchUp.add(behind / follower.await(follower.last(), DEADLINE_SECONDS));
        follower.stop();
        progress.end(rate(catchUp.values().getLast()));
        progress.begin(name + ", beside writers");
        follower.start(behind);
        long from = follower.seen();
        long startNs = System.nanoTime();
        load.run(CATCH_UP_SECONDS);
        double took = (System.nanoTime() - startNs) / 1e9;
        catchUpBesideWriters.add((follower.seen() - from) / took);
        follower.stop();
        checkStopped();
        progress.end(rate(catchUpBesideWriters.values().getLast()));
    }

    private void checkStopped() {
        if (stop.isRequested()) {
            throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again");
        }
    }

    private Report report() {
        double live = alone.median();
        Report report = new Report(String.format(
                Locale.ROOT,
                "Apollo bench kv --follow: medians of %d rounds of %s s, closed loop",
                rounds,
                new DecimalFormat("0.##", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(seconds)));
        report.count("members", "members", settings.members(), settings.embedded() ? "embedded" : "processes")
                .count("inFlight", "operations in flight", settings.inFlight(), "")
                .count("valueBytes", "value", settings.valueLength(), "B")
                .text("syncLevelMeaning", "sync level", settings.durability())
                .gap()
                .number("alonePerSecond", "writers alone", live, 0, "operations/s")
                .number("followedPerSecond", "writers with a live follower", followed.median(), 0, "operations/s")
                .number("slowdownPercent", "slowed down by (median of the rounds)", slowdown.median(), 1, "%");
        if (rounds > 1) {
            report.number("slowdownErrorPercent", "  standard error of that", slowdown.standardError(), 1, "%");
        }
        report.number("lagSeconds", "follower at the end within", lagSeconds.median(), 3, "s")
                .gap()
                .count("behind", "a follower that begins behind", behind, "changes")
                .number("catchUpPerSecond", "  alone", catchUp.median(), 0, "changes/s")
                .number("catchUpToLive", "  alone, to the live rate", catchUp.median() / live, 1, "")
                .number("catchUpBesidePerSecond", "  beside writers", catchUpBesideWriters.median(), 0, "changes/s")
                .hidden("rounds.alone", alone.values())
                .hidden("rounds.followed", followed.values())
                .hidden("rounds.slowdownPercent", slowdown.values());
        return report;
    }

    private static String rate(double perSecond) {
        return String.format(Locale.ROOT, "%,.0f/s", perSecond);
    }
}

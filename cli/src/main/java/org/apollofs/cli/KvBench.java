package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.apollofs.perf.device.Samples;
import org.apollofs.perf.kv.KvClient;
import org.apollofs.perf.kv.KvCluster;
import org.apollofs.perf.kv.KvLoad;
import org.apollofs.perf.kv.KvSettings;
import org.apollofs.perf.report.Report;

/**
 * Keys and values under load beside a bare Aeron Cluster at the same settings, in one run: each round measures both, in
 * turn, so that both see the same machine. Both clusters run all the time. One thread runs it; a signal ends it.
 */
final class KvBench {
    private static final long SPACE_BYTES = 4L << 30;

    /** A cluster, its client, and what was measured. */
    private static final class Subject {
        private final String path;
        private final String label;
        private final KvCluster cluster;
        private final KvLoad load;
        private final Samples rates = new Samples();
        private final List<Histogram> latencies = new ArrayList<>();
        private final Samples memberCpu = new Samples();

        Subject(String path, String label, KvCluster cluster, KvLoad load) {
            this.path = path;
            this.label = label;
            this.cluster = cluster;
            this.load = load;
        }
    }

    private final KvSettings settings;
    private final double seconds;
    private final int rounds;
    private final StopSignal stop;
    private final ProgressLine progress;

    KvBench(KvSettings settings, double seconds, int rounds, StopSignal stop, ProgressLine progress) {
        this.settings = settings;
        this.seconds = seconds;
        this.rounds = rounds;
        this.stop = stop;
        this.progress = progress;
    }

    /** Measures and cleans up, also after a failure. @param dir to work in, or null. */
    Report run(Path dir) throws IOException {
        Workspace workspace = Workspace.open(dir, "apollo-bench-", SPACE_BYTES, false);
        try (CloseStack stack = new CloseStack()) {
            Subject apollo = start("apollo", "Apollo", KvCluster.apollo(settings, workspace.root()), stack);
            Subject echo = start("echo", "bare Aeron Cluster echo", KvCluster.echo(settings, workspace.root()), stack);
            for (int round = 0; round <= rounds; round++) {
                String name = round == 0 ? "warm-up" : "round " + round + " of " + rounds;
                measure(apollo, name, round > 0);
                measure(echo, name, round > 0);
            }
            return report(apollo, echo);
        } catch (RuntimeException e) {
            checkStopped(e);
            throw e;
        } finally {
            workspace.close().forEach(progress::say);
        }
    }

    private Subject start(String path, String label, KvCluster cluster, CloseStack stack) {
        stack.push(cluster);
        progress.begin(label + ", start");
        KvClient client = stack.push(cluster.connect(settings));
        KvLoad load = new KvLoad(client, settings, stop::isRequested);
        load.fill();
        progress.end("answers");
        return new Subject(path, label, cluster, load);
    }

    private void measure(Subject subject, String round, boolean counts) {
        progress.begin(round + ", " + subject.path);
        double cpuBefore = subject.cluster.cpuSeconds();
        KvLoad.Result result = subject.load.run(seconds);
        checkStopped(null);
        progress.end(String.format(Locale.ROOT, "%,.0f/s", result.operationsPerSecond()));
        if (counts) {
            subject.rates.add(result.operationsPerSecond());
            subject.latencies.add(result.latency());
            subject.memberCpu.add((subject.cluster.cpuSeconds() - cpuBefore) / seconds);
        }
    }

    private void checkStopped(RuntimeException cause) {
        if (stop.isRequested()) {
            throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again", cause);
        }
    }

    private Report report(Subject apollo, Subject echo) {
        Report report = new Report(String.format(
                Locale.ROOT, "Apollo bench kv: medians of %d rounds of %.0f s, closed loop", rounds, seconds));
        report.count("members", "members", settings.members(), settings.embedded() ? "embedded" : "processes")
                .count("clients", "clients", settings.clients(), "")
                .count("inFlight", "operations in flight", settings.inFlight(), "")
                .count("valueBytes", "value", settings.valueLength(), "B")
                .number("readRatio", "share of gets", settings.readRatio(), 2, "")
                .text("syncLevelMeaning", "sync level", settings.durability())
                .hidden("syncLevel", settings.syncLevel())
                .hidden("seconds", seconds);
        add(report, apollo);
        add(report, echo);
        report.gap().number("ofEcho", "Apollo, of the bare echo", apollo.rates.median() / echo.rates.median(), 2, "");
        return report;
    }

    private void add(Report report, Subject subject) {
        Histogram all = subject.latencies.getFirst().copy();
        subject.latencies.stream().skip(1).forEach(all::add);
        String path = subject.path + ".";
        report.gap()
                .number(path + "operationsPerSecond", subject.label, subject.rates.median(), 0, "operations/s")
                .number(path + "p50Us", "  p50", micros(all, 50), 0, "us")
                .number(path + "p99Us", "  p99", micros(all, 99), 0, "us")
                .number(path + "p999Us", "  p99.9", micros(all, 99.9), 0, "us")
                .hidden(path + "rounds", subject.rates.values());
        if (!settings.embedded()) {
            report.number(path + "memberCpus", "  processors, all members", subject.memberCpu.median(), 2, "");
        }
    }

    private static double micros(Histogram latency, double percentile) {
        return latency.getValueAtPercentile(percentile) / 1e3;
    }
}

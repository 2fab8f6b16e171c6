package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.StageLatency;
import org.apollofs.io.chunk.StoreStage;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.DataFile;
import org.apollofs.perf.device.Samples;
import org.apollofs.perf.report.Report;
import org.apollofs.perf.store.ChunkStoreRate;
import org.apollofs.perf.store.DeviceRate;
import org.apollofs.perf.store.FioRate;
import org.apollofs.perf.store.StoreJob;
import org.apollofs.perf.store.StoreRate;
import org.apollofs.profile.CommitProfile;
import org.apollofs.profile.HardwareProfile;

/**
 * What one chunk store does beside the device under it and beside fio, at several chunk lengths, in one run on one file
 * system: all of them take turns in each round, in another order each time, on files that were written once.
 *
 * <p>One thread. A signal ends it before the next measurement, and everything is cleaned up.
 */
final class StoreBench {
    private static final long SLACK_BYTES = 1L << 30;
    private static final int KIB = 1024;
    private static final String FIO = "fio";
    private static final String STORE = "store";

    /** What was measured of one way of moving bytes. */
    private record Peer(StoreRate rate, Samples writes, Samples reads) {
        Peer(StoreRate rate) {
            this(rate, new Samples(), new Samples());
        }
    }

    private final HardwareProfile profile;
    private final long bytes;
    private final int rounds;
    private final List<Integer> chunkLengths;
    private final StopSignal stop;
    private final ProgressLine progress;
    private final Map<Integer, Map<String, Peer>> results = new LinkedHashMap<>();
    private final Map<Integer, List<StageLatency>> stages = new LinkedHashMap<>();

    /** @param bytes of one measurement, a multiple of all chunk lengths. */
    StoreBench(
            HardwareProfile profile,
            long bytes,
            int rounds,
            List<Integer> chunkLengths,
            StopSignal stop,
            ProgressLine progress) {
        this.profile = profile;
        this.bytes = bytes;
        this.rounds = rounds;
        this.chunkLengths = chunkLengths;
        this.stop = stop;
        this.progress = progress;
    }

    /** Measures and cleans up, also after a failure. @param dir to work in, or null. */
    Report run(Path dir) throws IOException {
        long needed = SLACK_BYTES + bytes;
        for (int chunkLength : chunkLengths) {
            needed = Math.max(needed, SLACK_BYTES + bytes + ChunkStoreRate.diskBytes(job(chunkLength)));
        }
        Workspace workspace = Workspace.open(dir, "apollo-bench-", needed, false);
        try {
            Path file = workspace.directory("raw").resolve("data");
            progress.begin("file, written once", bytes, new LongAdder());
            DataFile.prepare(file, bytes, DataFile.Mode.ZEROED, this::onProgress);
            progress.end("");
            for (int chunkLength : chunkLengths) {
                measure(workspace.directory("store-" + chunkLength), file, job(chunkLength));
            }
            return report();
        } finally {
            workspace.close().forEach(progress::say);
        }
    }

    private StoreJob job(int chunkLength) {
        return new StoreJob(chunkLength, bytes, profile.targets().getFirst().queueDepth());
    }

    private void measure(Path folder, Path file, StoreJob job) throws IOException {
        List<Peer> peers = new ArrayList<>();
        Path target = folder.resolve("0");
        try {
            progress.begin("target, " + size(job) + " chunks");
            ChunkStoreRate store = ChunkStoreRate.open(job, target, device(), sync(), this::onProgress);
            peers.add(new Peer(store));
            peers.add(new Peer(DeviceRate.open(job, file, device())));
            FioRate fio = FioRate.find(job, file);
            if (fio != null) {
                peers.add(new Peer(fio));
            }
            progress.end("");
            for (int round = 0; round <= rounds; round++) {
                round(peers, job, round);
            }
            checkStop();
            progress.begin(size(job) + " chunks, verified");
            store.verify();
            progress.end("all as written");
            stages.put(job.chunkLength(), store.statistics().latencies());
        } finally {
            for (Peer peer : peers) {
                peer.rate().close();
            }
        }
        SiteFolder.deleteTree(target);
        Map<String, Peer> byName = new LinkedHashMap<>();
        peers.forEach(peer -> byName.put(peer.rate().name(), peer));
        results.put(job.chunkLength(), byName);
    }

    private void round(List<Peer> peers, StoreJob job, int round) throws IOException {
        for (int i = 0; i < peers.size(); i++) {
            Peer peer = peers.get((i + round) % peers.size());
            checkStop();
            progress.begin((round == 0 ? "warm-up" : "round " + round + " of " + rounds) + ", " + size(job) + ", "
                    + peer.rate().name());
            double write = peer.rate().write();
            double read = peer.rate().read();
            progress.end(String.format(Locale.ROOT, "write %.2f, read %.2f GB/s", write, read));
            if (round > 0) {
                peer.writes().add(write);
                peer.reads().add(read);
            }
        }
    }

    private BlockDeviceContext device() {
        return TargetServers.device(profile.engine());
    }

    private ChunkStoreContext sync() {
        CommitProfile commit = profile.engine().commit();
        return new ChunkStoreContext()
                .commitBytes(Math.max(1, commit.bytes()))
                .commitDelayNs(TimeUnit.MICROSECONDS.toNanos(commit.delayUs()));
    }

    private void onProgress(long doneBytes, long totalBytes) {
        checkStop();
    }

    private void checkStop() {
        if (stop.isRequested()) {
            throw new CommandFailure(ExitCode.INTERRUPTED, "stopped by a signal", "run it again");
        }
    }

    private Report report() {
        Report report = new Report(
                "Apollo bench store: every chunk durable before its acknowledgement; medians of " + rounds + " rounds");
        results.forEach((chunkLength, peers) -> {
            String prefix = "chunk" + chunkLength / KIB + "KiB.";
            peers.forEach((name, peer) -> {
                String label = chunkLength / KIB + " KiB, " + name;
                report.number(
                                prefix + name + ".writeGbPerSecond",
                                label + ", write",
                                peer.writes().median(),
                                2,
                                "GB/s")
                        .number(
                                prefix + name + ".readGbPerSecond",
                                label + ", read",
                                peer.reads().median(),
                                2,
                                "GB/s")
                        .hidden(prefix + name + ".writeRounds", peer.writes().values())
                        .hidden(prefix + name + ".readRounds", peer.reads().values())
                        .hidden(prefix + name + ".method", peer.rate().method());
            });
            for (String peer : peers.keySet()) {
                if (!peer.equals(STORE)) {
                    ratios(report, prefix, chunkLength, peers.get(STORE), peers.get(peer));
                }
            }
            addStages(report, prefix, stages.get(chunkLength));
            report.gap();
        });
        boolean hasFio = results.values().stream().allMatch(peers -> peers.containsKey(FIO));
        return report.flag("fio", "fio is there", hasFio);
    }

    private static void ratios(Report report, String prefix, int chunkLength, Peer store, Peer other) {
        String name = other.rate().name();
        String label = chunkLength / KIB + " KiB, store to " + name;
        report.number(
                        prefix + "storeTo." + name + ".write",
                        label + ", write",
                        store.writes().median() / other.writes().median(),
                        2,
                        "")
                .number(
                        prefix + "storeTo." + name + ".read",
                        label + ", read",
                        store.reads().median() / other.reads().median(),
                        2,
                        "");
    }

    private static void addStages(Report report, String prefix, List<StageLatency> latencies) {
        for (StageLatency latency : latencies) {
            String stage = latency.stage().name().toLowerCase(Locale.ROOT);
            if (latency.stage() == StoreStage.TOTAL) {
                report.number(
                                prefix + "stages.total.p50Ms",
                                "store, offer to answer, p50",
                                latency.p50Ns() / 1e6,
                                2,
                                "ms")
                        .number(
                                prefix + "stages.total.p99Ms",
                                "store, offer to answer, p99",
                                latency.p99Ns() / 1e6,
                                2,
                                "ms");
            } else {
                report.hidden(prefix + "stages." + stage + ".p50Ms", latency.p50Ns() / 1e6)
                        .hidden(prefix + "stages." + stage + ".p99Ms", latency.p99Ns() / 1e6);
            }
        }
    }

    private static String size(StoreJob job) {
        return job.chunkLength() / KIB + " KiB";
    }
}

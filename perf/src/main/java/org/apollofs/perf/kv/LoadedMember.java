package org.apollofs.perf.kv;

import io.aeron.AeronCounters;
import io.aeron.CncFileDescriptor;
import io.aeron.cluster.ClusterControl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.agrona.IoUtil;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * One member of the namespace with many keys, in a process of its own: what it takes of memory and disk, and how long a
 * snapshot and a restart take. One thread; {@link #kill()} may be called by any.
 */
public final class LoadedMember implements AutoCloseable {
    private static final long DEADLINE_NS = TimeUnit.MINUTES.toNanos(10);
    private static final long POLL_MS = 5;
    private static final int CLUSTER_ID = 0;

    private final KvSettings settings;
    private final Path folder;
    private KvCluster cluster;

    /** @param settings with one member and as many clients as there are to be keys. */
    public LoadedMember(KvSettings settings, Path folder) {
        this.settings = settings;
        this.folder = folder;
    }

    /** Starts it and waits until it answers. @return seconds that took. */
    public double start() throws IOException {
        long startNs = System.nanoTime();
        cluster = KvCluster.apollo(settings, folder);
        try (KvClient client = cluster.connect(settings)) {
            long deadline = System.nanoTime() + DEADLINE_NS;
            while (client.send(false, 0) == KvClient.REFUSED) {
                turn(client, deadline);
            }
            while (client.answered(KvClient.SENT) == 0) {
                turn(client, deadline);
            }
        }
        return seconds(startNs);
    }

    private static void turn(KvClient client, long deadline) {
        if (System.nanoTime() - deadline > 0) {
            throw new IllegalStateException("the member does not answer within 10 minutes");
        }
        client.idle(client.work());
    }

    /** Puts every key once. @return seconds that took. */
    public double fill(BooleanSupplier isStopped) {
        long startNs = System.nanoTime();
        try (KvClient client = cluster.connect(settings)) {
            new KvLoad(client, settings, isStopped).fill();
        }
        return seconds(startNs);
    }

    /** Takes a snapshot. @return seconds that took. */
    public double snapshot() {
        CountersReader counters = ClusterControl.mapCounters(
                cluster.aeronDirectory().resolve(CncFileDescriptor.CNC_FILE).toFile());
        AtomicCounter toggle = ClusterControl.findControlToggle(counters, CLUSTER_ID);
        int counter = find(counters);
        long before = counters.getCounterValue(counter);
        long startNs = System.nanoTime();
        if (!ClusterControl.ToggleState.SNAPSHOT.toggle(toggle)) {
            throw new IllegalStateException("the member takes no snapshot now");
        }
        while (counters.getCounterValue(counter) == before) {
            if (System.nanoTime() - startNs > DEADLINE_NS || !isAlive()) {
                throw new IllegalStateException("no snapshot was taken within 10 minutes");
            }
            pause();
        }
        return seconds(startNs);
    }

    private static int find(CountersReader counters) {
        int[] found = {-1};
        counters.forEach((id, type, key, label) -> {
            if (type == AeronCounters.CLUSTER_SNAPSHOT_COUNTER_TYPE_ID) {
                found[0] = id;
            }
        });
        if (found[0] < 0) {
            throw new IllegalStateException("the member has no counter of snapshots");
        }
        return found[0];
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private boolean isAlive() {
        return cluster.pids().stream().allMatch(pid -> ProcessHandle.of(pid).isPresent());
    }

    /**
     * Memory of the process.
     *
     * @param anonymous bytes of its own: heap, code, stacks.
     * @param file bytes of mapped files that are in memory: the tables, above all; the system takes them back at need.
     * @param shared bytes in shared memory: Aeron's buffers.
     */
    public record Memory(long anonymous, long file, long shared) {}

    /** As the kernel counts it now. */
    public Memory memory() throws IOException {
        List<String> lines =
                Files.readAllLines(Path.of("/proc/" + cluster.pids().getFirst() + "/status"));
        return new Memory(bytes(lines, "RssAnon:"), bytes(lines, "RssFile:"), bytes(lines, "RssShmem:"));
    }

    private static long bytes(List<String> lines, String key) {
        Optional<String> line =
                lines.stream().filter(one -> one.startsWith(key)).findFirst();
        return line.map(text -> Long.parseLong(text.replaceAll("[^0-9]", "")) * 1024)
                .orElse(0L);
    }

    /** Bytes on disk below a part of its folder: "archive" (log and snapshots), "state" (tables), "cluster". */
    public long diskBytes(String part) throws IOException {
        Path directory = folder.resolve("apollo-0").resolve(part);
        if (!Files.exists(directory)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            long bytes = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += allocated(file);
            }
            return bytes;
        }
    }

    /** What a file takes, holes left out. */
    private static long allocated(Path file) throws IOException {
        Process stat = new ProcessBuilder("stat", "-c", "%b %B", file.toString()).start();
        try (var reader = stat.inputReader()) {
            String[] fields = reader.readLine().split(" ", -1);
            return Long.parseLong(fields[0]) * Long.parseLong(fields[1]);
        }
    }

    /** kill -9. Any thread. */
    public void kill() {
        KvCluster running = cluster;
        if (running != null) {
            running.kill();
        }
    }

    @Override
    public void close() {
        if (cluster != null) {
            cluster.kill();
            cluster.close();
            cluster = null;
        }
        IoUtil.delete(folder.resolve("apollo-0").toFile(), true);
    }

    /** Kills it and forgets the process; its folder stays. */
    public void crash() {
        cluster.kill();
        cluster.close();
        cluster = null;
    }

    private static double seconds(long startNs) {
        return (System.nanoTime() - startNs) / 1e9;
    }
}

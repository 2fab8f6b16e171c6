package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.agrona.IoUtil;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;

/**
 * Prints rates of puts and linearizable gets, and the latency of single operations. Run by hand: arguments are a folder, the
 * sync level, seconds for each measurement, and the members: 0 for one in this process, else so many processes.
 */
public final class ClusterRates {
    private ClusterRates() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createTempDirectory(Path.of(arguments[0]), "rates");
        int syncLevel = Integer.parseInt(arguments[1]);
        long lengthNs = Long.parseLong(arguments[2]) * 1_000_000_000L;
        int members = Integer.parseInt(arguments[3]);
        try {
            if (members == 0) {
                try (TestSite site = new TestSite(directory, syncLevel);
                        ClusterNamespace namespace = site.connect()) {
                    measureAll(namespace, syncLevel, lengthNs);
                }
            } else {
                try (TestCluster cluster = TestCluster.launch(directory, members, syncLevel, "leaderTimeoutMs=3000");
                        ClusterNamespace namespace = cluster.connect()) {
                    measureAll(namespace, syncLevel, lengthNs);
                }
            }
        } finally {
            IoUtil.delete(directory.toFile(), true);
        }
        System.exit(0);
    }

    private static void measureAll(Namespace namespace, int syncLevel, long lengthNs) throws Exception {
        Action put = (keys, key, value) -> keys.put(key, value, KeyValue.ANY_VERSION);
        Action get = (keys, key, value) -> assertTrue(keys.get(key).isPresent());
        measure("warm-up", namespace, 64, lengthNs, put);
        measure("warm-up get", namespace, 64, lengthNs, get);
        for (int threads : new int[] {1, 64, 1000}) {
            measure("put, sync " + syncLevel, namespace, threads, lengthNs, put);
        }
        for (int threads : new int[] {1, 64, 1000}) {
            measure("get", namespace, threads, lengthNs, get);
        }
        createAndCommit(namespace, lengthNs);
        Thread.sleep(2000);
        afterIdling(namespace);
    }

    /** What is measured. */
    private interface Action {
        void run(KeyValue keys, String key, byte[] value);
    }

    private static void measure(String what, Namespace namespace, int threads, long lengthNs, Action action)
            throws Exception {
        List<Thread> started = new ArrayList<>();
        List<List<Long>> latencies = new ArrayList<>();
        long endNs = System.nanoTime() + lengthNs;
        long startNs = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            List<Long> mine = new ArrayList<>();
            latencies.add(mine);
            String key = "bench/" + i % 64;
            Thread thread = TestSite.daemon(() -> {
                byte[] value = new byte[128];
                while (System.nanoTime() < endNs) {
                    long before = System.nanoTime();
                    action.run(namespace.keyValue(), key, value);
                    mine.add(System.nanoTime() - before);
                }
            });
            started.add(thread);
            thread.start();
        }
        for (Thread thread : started) {
            thread.join();
        }
        print(what + ", in flight " + threads, latencies, System.nanoTime() - startNs);
    }

    private static void createAndCommit(Namespace namespace, long lengthNs) {
        List<Long> creates = new ArrayList<>();
        List<Long> commits = new ArrayList<>();
        long startNs = System.nanoTime();
        for (int i = 0; System.nanoTime() - startNs < lengthNs; i++) {
            byte[] name = ("f" + i).getBytes(StandardCharsets.UTF_8);
            long before = System.nanoTime();
            Inode made = namespace.create(Inode.ROOT, name, 0644, 0, 0);
            long between = System.nanoTime();
            namespace.commit(new ContentCommit(
                    made.id(), true, ContentCommit.ANY_VERSION, new byte[100], List.of(), 100, ContentCommit.NOW));
            creates.add(between - before);
            commits.add(System.nanoTime() - between);
        }
        long tookNs = System.nanoTime() - startNs;
        print("create", List.of(creates), tookNs);
        print("commit", List.of(commits), tookNs);
    }

    private static void afterIdling(Namespace namespace) throws InterruptedException {
        List<Long> latencies = new ArrayList<>();
        long startNs = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            Thread.sleep(300);
            long before = System.nanoTime();
            namespace.keyValue().put("idle", new byte[1], KeyValue.ANY_VERSION);
            latencies.add(System.nanoTime() - before);
        }
        print("put after 300 ms of idling", List.of(latencies), System.nanoTime() - startNs);
    }

    private static void print(String what, List<List<Long>> latencies, long tookNs) {
        long[] all = latencies.stream()
                .flatMap(List::stream)
                .mapToLong(Long::longValue)
                .toArray();
        Arrays.sort(all);
        System.out.printf(
                Locale.ROOT,
                "%-36s %8.0f/s   p50 %7.0f us   p99 %7.0f us   max %7.0f us%n",
                what,
                all.length * 1e9 / tookNs,
                all[all.length / 2] / 1e3,
                all[(int) (all.length * 0.99)] / 1e3,
                all[all.length - 1] / 1e3);
    }
}

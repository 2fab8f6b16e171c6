package org.apollofs.namespace.cluster;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.IoUtil;
import org.apollofs.namespace.client.ChangeFollower;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Txn;

/**
 * Prints how fast the change log is read: by a follower that begins a million entries behind, and by one beside the
 * writers, with what it costs them. Run by hand: arguments are a folder, the sync level, seconds for each measurement and
 * the number of writing threads.
 */
public final class FollowerRates {
    private static final int BEHIND = 1_000_000;
    private static final int ROUNDS = 5;

    private FollowerRates() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createTempDirectory(Path.of(arguments[0]), "follower");
        long lengthNs = Long.parseLong(arguments[2]) * 1_000_000_000L;
        int threads = Integer.parseInt(arguments[3]);
        try (TestSite site = new TestSite(directory, Integer.parseInt(arguments[1]));
                ClusterNamespace writer = site.connect();
                ClusterNamespace remote = site.connectRemotely()) {
            live(writer, writer, threads, lengthNs);
            double[] alone = new double[ROUNDS];
            double[] beside = new double[ROUNDS];
            double[] distant = new double[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                alone[i] = live(writer, null, threads, lengthNs);
                beside[i] = live(writer, writer, threads, lengthNs);
                distant[i] = live(writer, remote, threads, lengthNs);
            }
            print("puts, no follower", alone, median(alone));
            print("puts, follower beside the member", beside, median(alone));
            print("puts, follower through the log", distant, median(alone));
            long from = fill(writer);
            for (int i = 0; i < 3; i++) {
                catchUp("catch-up beside the member", writer, from);
                catchUp("catch-up through the log", remote, from);
            }
        } finally {
            IoUtil.delete(directory.toFile(), true);
        }
        System.exit(0);
    }

    /** Rate of durable puts; the follower, if there is one, must have seen all at the end. */
    private static double live(ClusterNamespace writer, ClusterNamespace reader, int threads, long lengthNs)
            throws InterruptedException {
        long from = writer.changeLog().range().last() + 1;
        long startNs = System.nanoTime();
        long endNs = startNs + lengthNs;
        AtomicLong puts = new AtomicLong();
        List<Thread> started = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            String key = "bench/" + i;
            started.add(TestSite.daemon(() -> {
                byte[] value = new byte[128];
                long count = 0;
                while (System.nanoTime() < endNs) {
                    writer.keyValue().put(key, value, KeyValue.ANY_VERSION);
                    count++;
                }
                puts.addAndGet(count);
            }));
        }
        AtomicLong seen = new AtomicLong();
        Thread follower = TestSite.daemon(() -> {
            ChangeFollower log = reader.changeLog().follow(from, "bench/");
            while (System.nanoTime() < endNs || seen.get() < puts.get()) {
                log.poll(change -> seen.incrementAndGet(), 50_000_000);
            }
        });
        started.forEach(Thread::start);
        if (reader != null) {
            follower.start();
        }
        for (Thread thread : started) {
            thread.join();
        }
        double rate = puts.get() * 1e9 / (System.nanoTime() - startNs);
        if (reader != null) {
            // It ends when it has seen all.
            follower.join();
        }
        return rate;
    }

    private static long fill(ClusterNamespace writer) {
        long from = writer.changeLog().range().last() + 1;
        List<Txn.Operation> puts = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            puts.add(new Txn.Put("fill/" + i, "v".getBytes(StandardCharsets.UTF_8)));
        }
        Txn txn = new Txn(List.of(), puts, List.of());
        for (int i = 0; i < BEHIND / puts.size(); i++) {
            writer.keyValue().txn(txn);
        }
        return from;
    }

    private static void catchUp(String what, ClusterNamespace reader, long from) {
        long startNs = System.nanoTime();
        ChangeFollower log = reader.changeLog().follow(from, "");
        long[] count = {0};
        while (log.poll(change -> count[0]++) > 0) {
            // The next page.
        }
        double rate = count[0] * 1e9 / (System.nanoTime() - startNs);
        System.out.printf(Locale.ROOT, "%-36s %8d entries %10.0f/s%n", what, count[0], rate);
    }

    private static double median(double[] rates) {
        double[] sorted = rates.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void print(String what, double[] rates, double base) {
        System.out.printf(
                Locale.ROOT,
                "%-36s median %8.0f/s (%.3f of alone)  %s%n",
                what,
                median(rates),
                median(rates) / base,
                Arrays.toString(Arrays.stream(rates).mapToLong(Math::round).toArray()));
    }
}

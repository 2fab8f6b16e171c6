package org.apollofs.peers.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * The load of {@code apollo bench kv} on etcd, over gRPC: closed loop, a fixed number of operations under way, keys and
 * values of the same lengths. Gets are linearizable, etcd's default.
 *
 * <p>Arguments: endpoints (by comma), clients, operations in flight, value bytes, share of gets, seconds to warm up, seconds
 * to measure, connections. Prints one JSON object.
 */
public final class EtcdLoad {
    private static final double NS_PER_SECOND = 1e9;

    private final KV[] connections;
    private final ByteSequence[] keys;
    private final ByteSequence value;
    private final double readRatio;
    private final Recorder latency = new Recorder(TimeUnit.SECONDS.toNanos(60), 3);
    private final AtomicInteger nextKey = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean isStopping;

    private EtcdLoad(KV[] connections, int clients, int valueLength, double readRatio) {
        this.connections = connections;
        this.readRatio = readRatio;
        keys = new ByteSequence[clients];
        for (int i = 0; i < clients; i++) {
            keys[i] = ByteSequence.from("bench/" + i / 1000 + "/" + i % 1000, StandardCharsets.UTF_8);
        }
        byte[] bytes = new byte[valueLength];
        new Random(valueLength).nextBytes(bytes);
        value = ByteSequence.from(bytes);
    }

    public static void main(String[] arguments) throws Exception {
        String[] endpoints = arguments[0].split(",");
        int clients = Integer.parseInt(arguments[1]);
        int inFlight = Integer.parseInt(arguments[2]);
        double warmUpSeconds = Double.parseDouble(arguments[5]);
        double seconds = Double.parseDouble(arguments[6]);
        Client[] open = new Client[Integer.parseInt(arguments[7])];
        KV[] connections = new KV[open.length];
        for (int i = 0; i < open.length; i++) {
            open[i] = Client.builder().endpoints(endpoints).build();
            connections[i] = open[i].getKVClient();
        }
        EtcdLoad load = new EtcdLoad(
                connections, clients, Integer.parseInt(arguments[3]), Double.parseDouble(arguments[4]));
        load.run(inFlight, warmUpSeconds, seconds);
        System.exit(0);
    }

    /** A cluster that was just started has no leader yet. */
    private void awaitReady() throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                connections[0].put(keys[0], value).get(10, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException | TimeoutException e) {
                if (attempt == 10) {
                    throw new IllegalStateException("etcd does not answer", e);
                }
                Thread.sleep(1000);
            }
        }
    }

    private void run(int inFlight, double warmUpSeconds, double seconds) throws Exception {
        awaitReady();
        for (ByteSequence key : keys) {
            connections[0].put(key, value).get();
        }
        CountDownLatch ended = new CountDownLatch(inFlight);
        for (int slot = 0; slot < inFlight; slot++) {
            loop(slot, ended);
        }
        Thread.sleep((long) (warmUpSeconds * 1e3));
        latency.reset();
        double cpuBefore = cpuSeconds();
        long startNs = System.nanoTime();
        Thread.sleep((long) (seconds * 1e3));
        Histogram measured = latency.getIntervalHistogram();
        double took = (System.nanoTime() - startNs) / NS_PER_SECOND;
        double cpus = (cpuSeconds() - cpuBefore) / took;
        isStopping = true;
        if (!ended.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("operations are not answered: underWay=" + ended.getCount());
        }
        if (failure.get() != null) {
            throw new IllegalStateException("an operation failed", failure.get());
        }
        System.out.printf(
                Locale.ROOT,
                "{\"operationsPerSecond\": %.1f, \"p50Us\": %.1f, \"p99Us\": %.1f, \"p999Us\": %.1f, \"clientCpus\": %.2f}%n",
                measured.getTotalCount() / took,
                measured.getValueAtPercentile(50) / 1e3,
                measured.getValueAtPercentile(99) / 1e3,
                measured.getValueAtPercentile(99.9) / 1e3,
                cpus);
    }

    private void loop(int slot, CountDownLatch ended) {
        if (isStopping || failure.get() != null) {
            ended.countDown();
            return;
        }
        int number = nextKey.getAndIncrement() & Integer.MAX_VALUE;
        ByteSequence key = keys[number % keys.length];
        KV connection = connections[slot % connections.length];
        // A low-discrepancy sequence instead of chance: no shared generator.
        boolean isGet = (number * 0.6180339887498949) % 1.0 < readRatio;
        long startNs = System.nanoTime();
        CompletableFuture<?> answer = isGet ? connection.get(key) : connection.put(key, value);
        answer.whenComplete((response, error) -> {
            if (error != null) {
                failure.compareAndSet(null, error);
            } else {
                latency.recordValue(System.nanoTime() - startNs);
            }
            loop(slot, ended);
        });
    }

    private static double cpuSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / NS_PER_SECOND;
    }
}

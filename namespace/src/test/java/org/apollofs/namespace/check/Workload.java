package org.apollofs.namespace.check;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;

/**
 * Clients that work on few keys at random and write down what they did. Every value is written once only, so that a read
 * tells which write it saw. Threads are daemons; {@link #close()} ends them.
 */
public final class Workload implements AutoCloseable {
    private static final long STUCK_NS = TimeUnit.SECONDS.toNanos(90);
    private static final long POLL_NS = 2_000_000;

    private final History history;
    private final int keys;
    private final int round;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean isStopping;

    /**
     * Begins.
     *
     * @param faces one for each client.
     * @param round names keys and values: each round has its own.
     */
    public Workload(History history, List<? extends KeyValue> faces, int keys, long seed, int round) {
        this.history = history;
        this.keys = keys;
        this.round = round;
        for (int i = 0; i < faces.size(); i++) {
            int client = i;
            Random random = new Random(seed * 1_000_003 + round * 101L + client);
            Thread thread = new Thread(() -> run(client, faces.get(client), random), "client-" + client);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    private void run(int client, KeyValue face, Random random) {
        long[] versions = new long[keys];
        String[] values = new String[keys];
        try {
            for (int n = 0; !isStopping; n++) {
                int key = random.nextInt(keys);
                Answer answer = step(client, face, random, key, "c" + client + "n" + n, versions, values);
                if (answer != null) {
                    answered.incrementAndGet();
                }
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private Answer step(
            int client, KeyValue face, Random random, int key, String value, long[] versions, String[] values) {
        String name = key(round, key);
        int dice = random.nextInt(12);
        if (dice < 4) {
            Answer answer = get(history, client, face, name);
            if (answer != null) {
                versions[key] = answer.version();
                values[key] = answer.value();
            }
            return answer;
        }
        if (dice < 6) {
            return put(client, face, name, value, Action.ANY_VERSION);
        }
        if (dice < 8) {
            return put(client, face, name, value, versions[key]);
        }
        if (dice < 9) {
            String expected = values[key] == null ? "none" : values[key];
            return history.record(
                    client,
                    new Action.CompareAndSet(name, expected, value),
                    () -> face.compareAndSet(name, bytes(expected), bytes(value)),
                    now -> now.map(set -> Answer.done(set.version())).orElseGet(Answer::refused));
        }
        if (dice < 11) {
            return transaction(client, face, name, key(round, random.nextInt(keys)), versions[key], value);
        }
        return history.record(
                client,
                new Action.Delete(name, Action.ANY_VERSION),
                () -> face.delete(name, KeyValue.ANY_VERSION),
                was -> was ? Answer.done(0) : Answer.absent());
    }

    /** Sets two keys if the first has a version, else reads both. */
    private Answer transaction(int client, KeyValue face, String first, String second, long version, String value) {
        Action.Transaction action = new Action.Transaction(
                List.of(new Action.VersionIs(first, version)),
                List.of(
                        new Action.Put(first, value + "a", Action.ANY_VERSION),
                        new Action.Put(second, value + "b", Action.ANY_VERSION)),
                List.of(new Action.Get(first), new Action.Get(second)));
        Txn txn = Txn.when(new Txn.VersionIs(first, version))
                .then(new Txn.Put(first, bytes(value + "a")), new Txn.Put(second, bytes(value + "b")))
                .orElse(new Txn.Get(first), new Txn.Get(second));
        return history.record(client, action, () -> face.txn(txn), Workload::answerOf);
    }

    private static Answer answerOf(TxnResult result) {
        List<Answer> parts = new ArrayList<>();
        for (TxnResult.Outcome outcome : result.outcomes()) {
            if (result.succeeded()) {
                parts.add(Answer.done(outcome.version()));
            } else {
                parts.add(
                        outcome.found()
                                ? Answer.found(
                                        new String(outcome.value().value(), StandardCharsets.UTF_8), outcome.version())
                                : Answer.absent());
            }
        }
        return Answer.transaction(result.succeeded(), result.transaction(), parts);
    }

    private Answer put(int client, KeyValue face, String key, String value, long expectedVersion) {
        return history.record(
                client,
                new Action.Put(key, value, expectedVersion),
                () -> face.put(key, bytes(value), expectedVersion),
                Answer::done);
    }

    private static Answer get(History history, int client, KeyValue face, String key) {
        return history.record(
                client,
                new Action.Get(key),
                () -> face.get(key),
                found -> found.map(value ->
                                Answer.found(new String(value.value(), StandardCharsets.UTF_8), value.version()))
                        .orElseGet(Answer::absent));
    }

    /** Reads all keys: what was acknowledged and not overwritten must be there. */
    public void readAll(KeyValue face) {
        for (int key = 0; key < keys; key++) {
            if (get(history, -1, face, key(round, key)) == null) {
                throw new AssertionError("a key could not be read at the end: key=" + key(round, key));
            }
        }
    }

    private static String key(int round, int key) {
        return "register/" + round + "/" + key;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Operations answered so far. */
    public int answered() {
        return answered.get();
    }

    /** Waits until so many more operations have been answered. */
    public void awaitMore(int count) {
        int target = answered.get() + count;
        long deadline = System.nanoTime() + STUCK_NS;
        while (answered.get() < target) {
            if (failure.get() != null) {
                throw new AssertionError("a client failed", failure.get());
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("stuck: answered=" + answered.get() + ", awaited=" + target);
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @Override
    public void close() {
        isStopping = true;
        for (Thread thread : threads) {
            join(thread);
            if (thread.isAlive()) {
                throw new AssertionError("a client does not end: " + thread.getName());
            }
        }
        if (failure.get() != null) {
            throw new AssertionError("a client failed", failure.get());
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(100));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

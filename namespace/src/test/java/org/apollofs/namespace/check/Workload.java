package org.apollofs.namespace.check;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Txn;
import org.apollofs.namespace.client.TxnResult;
import org.apollofs.namespace.command.NamespaceReads;

/**
 * Clients that work on few keys at random and write down what they did. Every value is written once only, so that a read
 * tells which write it saw. Threads are daemons; {@link #close()} ends them.
 */
public final class Workload implements AutoCloseable {
    private static final long STUCK_NS = TimeUnit.SECONDS.toNanos(90);
    private static final long POLL_NS = 2_000_000;
    /** Between two questions of who only reads: there are enough of them for the checker all the same. */
    private static final long READER_REST_NS = 4_000_000;

    private final History history;
    private final int keys;
    private final int round;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicIntegerArray answeredReaders;
    /** Held for reading by a client in the middle of an operation. */
    private final ReentrantReadWriteLock standstill = new ReentrantReadWriteLock(true);

    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean isStopping;

    /**
     * Begins.
     *
     * @param faces one for each client.
     * @param readers one for each client that only reads; what they are answered is not counted by {@link #answered}.
     * @param round names keys and values: each round has its own.
     */
    public Workload(
            History history,
            List<? extends KeyValue> faces,
            List<NamespaceReads> readers,
            int keys,
            long seed,
            int round) {
        this.history = history;
        this.keys = keys;
        this.round = round;
        answeredReaders = new AtomicIntegerArray(readers.size());
        for (int i = 0; i < faces.size(); i++) {
            int client = i;
            add("client-" + client, () -> run(client, faces.get(client), random(seed, client)));
        }
        for (int i = 0; i < readers.size(); i++) {
            int reader = i;
            int client = faces.size() + reader;
            add("reader-" + reader, () -> read(reader, client, readers.get(reader), random(seed, client)));
        }
        threads.forEach(Thread::start);
    }

    private Random random(long seed, int client) {
        return new Random(seed * 1_000_003 + round * 101L + client);
    }

    private void add(String name, Runnable client) {
        Thread thread = new Thread(
                () -> {
                    try {
                        client.run();
                    } catch (Throwable e) {
                        failure.compareAndSet(null, e);
                    }
                },
                name);
        thread.setDaemon(true);
        threads.add(thread);
    }

    private void run(int client, KeyValue face, Random random) {
        long[] versions = new long[keys];
        String[] values = new String[keys];
        for (int n = 0; !isStopping; n++) {
            int key = random.nextInt(keys);
            standstill.readLock().lock();
            try {
                if (step(client, face, random, key, "c" + client + "n" + n, versions, values) != null) {
                    answered.incrementAndGet();
                }
            } finally {
                standstill.readLock().unlock();
            }
        }
    }

    private void read(int reader, int client, NamespaceReads face, Random random) {
        while (!isStopping) {
            String key = key(round, random.nextInt(keys));
            if (get(client, key, () -> Optional.ofNullable(face.get(bytes(key)))) != null) {
                answeredReaders.incrementAndGet(reader);
            }
            LockSupport.parkNanos(READER_REST_NS);
        }
    }

    private Answer step(
            int client, KeyValue face, Random random, int key, String value, long[] versions, String[] values) {
        String name = key(round, key);
        int dice = random.nextInt(12);
        if (dice < 4) {
            Answer answer = get(client, name, () -> face.get(name));
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

    private Answer get(int client, String key, Supplier<Optional<KeyValue.Value>> call) {
        return history.record(
                client,
                new Action.Get(key),
                call,
                found -> found.map(value ->
                                Answer.found(new String(value.value(), StandardCharsets.UTF_8), value.version()))
                        .orElseGet(Answer::absent));
    }

    /** Reads all keys: what was acknowledged and not overwritten must be there. */
    public void readAll(KeyValue face) {
        for (int key = 0; key < keys; key++) {
            String name = key(round, key);
            if (get(-1, name, () -> face.get(name)) == null) {
                throw new AssertionError("a key could not be read at the end: key=" + name);
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

    /** Questions of a client that only reads answered so far. */
    public int answered(int reader) {
        return answeredReaders.get(reader);
    }

    /** Does something while no client is in the middle of an operation; those that only read go on. */
    public <E extends Exception> void between(Step<E> step) throws E {
        standstill.writeLock().lock();
        try {
            step.run();
        } finally {
            standstill.writeLock().unlock();
        }
    }

    /** What is done between operations. */
    public interface Step<E extends Exception> {
        void run() throws E;
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

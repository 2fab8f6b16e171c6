package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;

/**
 * Threads that each count up a key of their own, every put on the version of the one before: it is refused if a put was
 * applied twice, or one that was acknowledged is missing.
 */
final class CountingLoad implements AutoCloseable {
    private final AtomicLongArray counts;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean isStopping;

    CountingLoad(Namespace namespace, int threadCount) {
        counts = new AtomicLongArray(threadCount);
        for (int i = 0; i < threadCount; i++) {
            int number = i;
            Thread thread = TestSite.daemon(() -> count(namespace.keyValue(), number));
            threads.add(thread);
            thread.start();
        }
    }

    private static String key(int thread) {
        return "load/" + thread;
    }

    private void count(KeyValue keys, int thread) {
        try {
            long version = keys.put(key(thread), "0".getBytes(UTF_8), KeyValue.ABSENT);
            while (!isStopping) {
                long count = counts.get(thread) + 1;
                version = keys.put(key(thread), Long.toString(count).getBytes(UTF_8), version);
                counts.set(thread, count);
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Puts acknowledged. */
    long total() {
        long sum = 0;
        for (int i = 0; i < counts.length(); i++) {
            sum += counts.get(i);
        }
        return sum;
    }

    /** Waits until each thread has had more puts acknowledged. */
    void awaitMore(long puts) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(300);
        long[] targets = new long[counts.length()];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = counts.get(i) + puts;
        }
        for (int i = 0; i < targets.length; i++) {
            while (counts.get(i) < targets[i]) {
                assertSound();
                assertTrue(System.nanoTime() < deadline, "stuck at " + counts.get(i) + ": thread=" + i);
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    void assertSound() {
        if (failure.get() != null) {
            throw new AssertionError("the load failed", failure.get());
        }
    }

    /** Stops the threads; from then on {@link #check} holds. */
    void stop() throws InterruptedException {
        isStopping = true;
        for (Thread thread : threads) {
            thread.join();
        }
        assertSound();
    }

    /** Every count is what was acknowledged last. */
    void check(Namespace namespace) {
        for (int i = 0; i < counts.length(); i++) {
            byte[] value = namespace.keyValue().get(key(i)).orElseThrow().value();
            assertEquals(Long.toString(counts.get(i)), new String(value, UTF_8), "thread=" + i);
        }
    }

    @Override
    public void close() {
        isStopping = true;
    }
}

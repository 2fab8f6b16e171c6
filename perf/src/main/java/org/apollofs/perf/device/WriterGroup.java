package org.apollofs.perf.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/** Threads that prepare, start writing at the same moment, and end when they have synced. */
final class WriterGroup {
    /** What one thread does: prepare, {@link Writer#ready()}, write. */
    interface Task {
        void run(Writer writer) throws IOException;
    }

    /** A thread's own. */
    static final class Writer {
        private final int index;
        private final CyclicBarrier start;
        private IOException failure;
        private RuntimeException bug;

        private Writer(int index, CyclicBarrier start) {
            this.index = index;
            this.start = start;
        }

        int index() {
            return index;
        }

        /** Waits until all are ready: the clock starts. */
        void ready() throws IOException {
            try {
                start.await();
            } catch (InterruptedException | BrokenBarrierException e) {
                throw new IOException("writer " + index + ": another one failed before the start", e);
            }
        }
    }

    private WriterGroup() {}

    /** @return ns from the last thread's {@link Writer#ready()} to the last thread's end. */
    static long run(int count, Task task) throws IOException {
        long[] startNs = new long[1];
        CyclicBarrier start = new CyclicBarrier(count, () -> startNs[0] = System.nanoTime());
        List<Writer> writers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Writer writer = new Writer(i, start);
            writers.add(writer);
            Thread thread = new Thread(() -> runOne(writer, task), "bench-writer-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while writing", e);
        }
        long endNs = System.nanoTime();
        for (Writer writer : writers) {
            if (writer.bug != null) {
                throw writer.bug;
            }
            if (writer.failure != null) {
                throw writer.failure;
            }
        }
        return endNs - startNs[0];
    }

    private static void runOne(Writer writer, Task task) {
        try {
            task.run(writer);
        } catch (IOException e) {
            writer.failure = e;
            writer.start.reset();
        } catch (RuntimeException e) {
            writer.bug = e;
            writer.start.reset();
        }
    }

    /** Random bytes: no layer below can make them smaller. */
    static void fill(ByteBuffer block, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < block.capacity(); i += Long.BYTES) {
            block.putLong(i, random.nextLong());
        }
    }
}

package org.apollofs.perf.workload;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

/**
 * Runs one task a rank, each on a thread of its own that starts at the same moment, and waits for all with a deadline.
 *
 * <p>The threads are daemons: a rank that is stuck in the kernel cannot be interrupted, and must not keep the process.
 */
final class RankGroup {
    /** What one rank does. */
    interface RankTask {
        void run(Rank rank) throws IOException;
    }

    /** A rank's place and what it is doing, for whoever asks why it takes so long. */
    static final class Rank {
        private final int index;
        private volatile String activity = "starting";
        private volatile IOException failure;
        private volatile RuntimeException bug;

        Rank(int index) {
            this.index = index;
        }

        int index() {
            return index;
        }

        void activity(String now) {
            activity = now;
        }
    }

    private RankGroup() {}

    /**
     * Runs the task for ranks 0 to {@code count} - 1 and returns when all are done.
     *
     * @throws DeadlineExceededException if a rank is not done in time; its thread is left behind.
     * @throws IOException the first failure of a rank.
     */
    static void run(String what, int count, Duration deadline, RankTask task) throws IOException {
        List<Rank> ranks = new ArrayList<>(count);
        List<Thread> threads = new ArrayList<>(count);
        CyclicBarrier start = new CyclicBarrier(count);
        for (int i = 0; i < count; i++) {
            Rank rank = new Rank(i);
            ranks.add(rank);
            Thread thread = new Thread(() -> runOne(rank, start, task), what + "-rank-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
        await(what, ranks, threads, deadline);
        for (Rank rank : ranks) {
            if (rank.bug != null) {
                throw rank.bug;
            }
            if (rank.failure != null) {
                throw rank.failure;
            }
        }
    }

    private static void runOne(Rank rank, CyclicBarrier start, RankTask task) {
        try {
            start.await();
            task.run(rank);
            rank.activity("done");
        } catch (IOException e) {
            rank.failure =
                    new IOException("rank " + rank.index + " failed at " + rank.activity + ": " + e.getMessage(), e);
        } catch (InterruptedException | BrokenBarrierException e) {
            rank.bug = new IllegalStateException("rank " + rank.index + " could not start", e);
        } catch (OutOfMemoryError e) {
            rank.failure = new IOException(
                    "rank " + rank.index + " has no memory for its buffer (" + e.getMessage()
                            + "): make the checkpoint smaller, or give Java more with -XX:MaxDirectMemorySize",
                    e);
        } catch (RuntimeException e) {
            rank.bug = e;
        }
    }

    private static void await(String what, List<Rank> ranks, List<Thread> threads, Duration deadline)
            throws DeadlineExceededException {
        long endNs = System.nanoTime() + deadline.toNanos();
        try {
            for (Thread thread : threads) {
                long leftMs = TimeUnit.NANOSECONDS.toMillis(endNs - System.nanoTime());
                if (leftMs > 0) {
                    thread.join(leftMs);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineExceededException(what + " was interrupted");
        }
        StringJoiner waiting = new StringJoiner("; ");
        for (int i = 0; i < threads.size(); i++) {
            if (threads.get(i).isAlive()) {
                waiting.add("rank " + i + " at " + ranks.get(i).activity);
            }
        }
        if (waiting.length() > 0) {
            throw new DeadlineExceededException(
                    what + " did not end within " + deadline.toSeconds() + " s: " + waiting);
        }
    }
}

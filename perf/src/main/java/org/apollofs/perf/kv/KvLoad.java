package org.apollofs.perf.kv;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/**
 * A closed-loop load: as soon as an operation is answered, the next one is sent, so that a fixed number are under way.
 * Latency is from sending to answer as the client's thread sees it, and depends on that number: it is no promise for another
 * rate. One thread.
 */
public final class KvLoad {
    private static final long STALLED_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long HIGHEST_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int DIGITS = 3;

    private final KvClient client;
    private final KvSettings settings;
    private final BooleanSupplier isStopped;
    private final UnderWay commands;
    private final UnderWay questions;
    private final Random random = new Random(1);
    private final Histogram latency = new Histogram(HIGHEST_NS, DIGITS);
    private long done;

    /** Operations under way in one order. */
    private static final class UnderWay {
        private final int status;
        private final long[] startNs;
        private long sent;
        private long answered;

        UnderWay(int status, int window) {
            this.status = status;
            startNs = new long[window];
        }

        void add(long now) {
            startNs[(int) sent & (startNs.length - 1)] = now;
            sent++;
        }
    }

    /** @param isStopped ends a measurement early. */
    public KvLoad(KvClient client, KvSettings settings, BooleanSupplier isStopped) {
        this.client = client;
        this.settings = settings;
        this.isStopped = isStopped;
        int window = Integer.highestOneBit(settings.inFlight()) * 2;
        commands = new UnderWay(KvClient.SENT, window);
        questions = new UnderWay(KvClient.ASKED, window);
    }

    /**
     * What was measured.
     *
     * @param operationsPerSecond answered in the time.
     * @param latency ns, of all operations.
     */
    public record Result(double operationsPerSecond, Histogram latency) {}

    /** Puts every key once, so that gets find something. */
    public void fill() {
        long deadline = System.nanoTime() + STALLED_NS;
        for (int key = 0; key < settings.clients(); ) {
            if (underWay() < settings.inFlight() && send(false, key)) {
                key++;
            }
            deadline = turn(deadline);
        }
        drain();
    }

    /** Runs for a time, then waits for what is under way. */
    public Result run(double seconds) {
        latency.reset();
        done = 0;
        int readShare = (int) (settings.readRatio() * 1_000_000);
        long beginNs = System.nanoTime();
        long endNs = beginNs + (long) (seconds * 1e9);
        long deadline = beginNs + STALLED_NS;
        int key = 0;
        while (System.nanoTime() < endNs && !isStopped.getAsBoolean()) {
            for (int i = 0; i < settings.inFlight() && underWay() < settings.inFlight(); i++) {
                if (!send(readShare > 0 && random.nextInt(1_000_000) < readShare, key)) {
                    break;
                }
                key = key + 1 == settings.clients() ? 0 : key + 1;
            }
            deadline = turn(deadline);
        }
        double took = (System.nanoTime() - beginNs) / 1e9;
        double rate = done / took;
        drain();
        return new Result(rate, latency.copy());
    }

    private boolean send(boolean isGet, int key) {
        long now = System.nanoTime();
        int status = client.send(isGet, key);
        if (status == KvClient.SENT) {
            commands.add(now);
        } else if (status == KvClient.ASKED) {
            questions.add(now);
        } else if (status == KvClient.DONE) {
            latency.recordValue(Math.min(HIGHEST_NS, System.nanoTime() - now));
            done++;
        }
        return status > 0;
    }

    private void drain() {
        long deadline = System.nanoTime() + STALLED_NS;
        while (underWay() > 0 && !isStopped.getAsBoolean()) {
            deadline = turn(deadline);
        }
    }

    private long underWay() {
        return commands.sent - commands.answered + questions.sent - questions.answered;
    }

    /** @return until when something must have been answered. */
    private long turn(long deadline) {
        boolean work = client.work();
        long now = System.nanoTime();
        int count = take(commands, now) + take(questions, now);
        if (count == 0 && underWay() > 0 && now - deadline > 0) {
            throw new IllegalStateException("nothing was answered for 30 s: underWay=" + underWay());
        }
        client.idle(work);
        return count == 0 && underWay() > 0 ? deadline : now + STALLED_NS;
    }

    private int take(UnderWay order, long now) {
        long until = client.answered(order.status);
        int count = (int) (until - order.answered);
        while (order.answered < until) {
            long start = order.startNs[(int) order.answered & (order.startNs.length - 1)];
            latency.recordValue(Math.min(HIGHEST_NS, now - start));
            order.answered++;
        }
        done += count;
        return count;
    }
}

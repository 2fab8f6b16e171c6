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
    private final long[] startNs;
    private final int mask;
    private final Random random = new Random(1);
    private final Histogram latency = new Histogram(HIGHEST_NS, DIGITS);
    private long sent;
    private long answered;
    private long done;

    /** @param isStopped ends a measurement early. */
    public KvLoad(KvClient client, KvSettings settings, BooleanSupplier isStopped) {
        this.client = client;
        this.settings = settings;
        this.isStopped = isStopped;
        int window = Integer.highestOneBit(settings.inFlight()) * 2;
        mask = window - 1;
        startNs = new long[window];
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
            if (sent - answered < settings.inFlight() && send(false, key)) {
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
            for (int i = 0; i < settings.inFlight() && sent - answered < settings.inFlight(); i++) {
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
            int slot = (int) sent & mask;
            startNs[slot] = now;
            sent++;
        } else if (status == KvClient.DONE) {
            latency.recordValue(Math.min(HIGHEST_NS, System.nanoTime() - now));
            done++;
        }
        return status > 0;
    }

    private void drain() {
        long deadline = System.nanoTime() + STALLED_NS;
        while (answered < sent && !isStopped.getAsBoolean()) {
            deadline = turn(deadline);
        }
    }

    /** @return until when something must have been answered. */
    private long turn(long deadline) {
        boolean work = client.work();
        long now = System.nanoTime();
        long until = client.answered();
        if (until == answered) {
            if (now - deadline > 0 && answered < sent) {
                throw new IllegalStateException("nothing was answered for 30 s: underWay=" + (sent - answered));
            }
        } else {
            while (answered < until) {
                latency.recordValue(Math.min(HIGHEST_NS, now - startNs[(int) answered & mask]));
                answered++;
                done++;
            }
            deadline = now + STALLED_NS;
        }
        client.idle(work);
        return answered < sent ? deadline : now + STALLED_NS;
    }
}

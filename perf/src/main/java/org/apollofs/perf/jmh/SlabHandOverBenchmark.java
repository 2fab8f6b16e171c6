package org.apollofs.perf.jmh;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/**
 * A slab's way between two threads: acquired and handed over by one, released by the other. The rate of either is the
 * rate of hand-overs.
 */
@State(Scope.Group)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SlabHandOverBenchmark {
    private static final int SLAB_COUNT = 64;

    // As the data path idles: on a busy machine a thread that only spins waits for the other's time slice.
    private final IdleStrategy sendIdle = new BackoffIdleStrategy();
    private final IdleStrategy receiveIdle = new BackoffIdleStrategy();
    private SlabPool pool;
    private OneToOneConcurrentArrayQueue<Slab> queue;

    /** Fills the pool. */
    @Setup
    public void allocate() {
        pool = SlabPool.allocate(SLAB_COUNT, SlabPool.PAGE_LENGTH);
        queue = new OneToOneConcurrentArrayQueue<>(SLAB_COUNT);
    }

    /** Frees the pool. */
    @TearDown
    public void free() {
        pool.close();
    }

    /** Takes a free slab and hands it over. */
    @Benchmark
    @Group("handOver")
    @GroupThreads(1)
    public boolean send(Control control) {
        while (!control.stopMeasurement) {
            Slab slab = pool.tryAcquire();
            if (slab != null) {
                sendIdle.reset();
                return queue.offer(slab);
            }
            sendIdle.idle();
        }
        return false;
    }

    /** Receives a slab and gives it back. */
    @Benchmark
    @Group("handOver")
    @GroupThreads(1)
    public boolean receive(Control control) {
        while (!control.stopMeasurement) {
            Slab slab = queue.poll();
            if (slab != null) {
                receiveIdle.reset();
                slab.release();
                return true;
            }
            receiveIdle.idle();
        }
        return false;
    }
}

package org.apollofs.perf.jmh;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One lane: chunk writes of 1 MiB from this thread to a target's thread that acknowledges them at once, through an embedded
 * media driver. Credit keeps what is under way bounded, so the rate of sending is the rate of acknowledging.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LaneBenchmark {
    /** Payload of an operation. */
    public static final int BYTES_PER_OPERATION = 1 << 20;

    /** Shared memory, or the loopback interface. */
    @Param({"ipc", "udp"})
    public String media;

    private LaneRig rig;
    private SlabPool pool;
    private Slab chunk;
    private UnsafeBuffer checksums;
    private long correlationId;

    /** Starts driver and target, and waits for the connection. */
    @Setup
    public void open() throws IOException {
        pool = SlabPool.allocate(1, BYTES_PER_OPERATION);
        chunk = Chunks.random(pool, 1);
        checksums = new UnsafeBuffer(new byte[BYTES_PER_OPERATION / (64 * 1024) * Integer.BYTES]);
        rig = new LaneRig(media.equals("udp"), BYTES_PER_OPERATION);
    }

    /** Stops them. */
    @TearDown
    public void close() throws IOException {
        rig.close();
        chunk.release();
        pool.close();
    }

    /** A chunk sent, with credit for it. */
    @Benchmark
    public long writeChunk() {
        correlationId++;
        rig.write(correlationId, chunk, checksums);
        return correlationId;
    }
}

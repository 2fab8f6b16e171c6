package org.apollofs.perf.jmh;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Checksums of one 1 MiB chunk, a block of 64 KiB each: what the writing host and the target do once a chunk. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Crc32cBenchmark {
    /** Payload of an operation. */
    public static final int BYTES_PER_OPERATION = 1 << 20;

    private static final int BLOCK_LENGTH = 64 * 1024;

    private final Crc32c crc = new Crc32c();
    private final UnsafeBuffer checksums =
            new UnsafeBuffer(new byte[Crc32c.blockCount(BYTES_PER_OPERATION, BLOCK_LENGTH) * Integer.BYTES]);
    private SlabPool pool;
    private Slab chunk;

    /** Makes a chunk. */
    @Setup
    public void allocate() {
        pool = SlabPool.allocate(1, BYTES_PER_OPERATION);
        chunk = Chunks.random(pool, 1);
        crc.checksumBlocks(chunk.buffer(), 0, BYTES_PER_OPERATION, BLOCK_LENGTH, checksums, 0);
    }

    /** Frees it. */
    @TearDown
    public void free() {
        chunk.release();
        pool.close();
    }

    /** Verification: computes and compares. */
    @Benchmark
    public int verifyChunk() {
        return crc.verifyBlocks(chunk.buffer(), 0, BYTES_PER_OPERATION, BLOCK_LENGTH, checksums, 0);
    }
}

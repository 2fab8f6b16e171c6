package org.apollofs.perf.jmh;

import java.util.concurrent.TimeUnit;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.erasure.Codec;
import org.apollofs.io.erasure.ErasureCode;
import org.apollofs.io.erasure.Reconstruction;
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
 * Reed-Solomon as the data plane uses it, one 1 MiB data chunk an operation: its share of all parity chunks when written,
 * and of all lost chunks when as many are lost as there is parity.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ErasureBenchmark {
    /** Payload of an operation. */
    public static final int BYTES_PER_OPERATION = 1 << 20;

    /** A codec that this machine lacks is left out by {@code apollo jmh}. */
    @Param({"ISA_L", "VECTOR", "SCALAR"})
    public Codec codec;

    /** Data and parity chunks. */
    @Param({"4+2", "8+2"})
    public String layout;

    private SlabPool pool;
    private Slab[] chunks;
    private long[] outputs;
    private ErasureCode code;
    private Reconstruction plan;
    private int next;

    /** Makes a stripe. */
    @Setup
    public void allocate() {
        int plus = layout.indexOf('+');
        int dataCount = Integer.parseInt(layout.substring(0, plus));
        int parityCount = Integer.parseInt(layout.substring(plus + 1));
        code = ErasureCode.of(dataCount, parityCount, codec);
        long lost = (1L << parityCount) - 1;
        plan = code.reconstruction(((1L << code.chunkCount()) - 1) & ~lost, lost);
        pool = SlabPool.allocate(code.chunkCount(), BYTES_PER_OPERATION);
        chunks = new Slab[code.chunkCount()];
        outputs = new long[parityCount];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = Chunks.random(pool, i);
        }
        for (int i = 0; i < parityCount; i++) {
            outputs[i] = chunks[dataCount + i].address();
        }
    }

    /** Frees it. */
    @TearDown
    public void free() {
        for (Slab chunk : chunks) {
            chunk.release();
        }
        pool.close();
    }

    /** A data chunk is written. */
    @Benchmark
    public int encodeChunk() {
        int index = next;
        next = index + 1 == code.dataCount() ? 0 : index + 1;
        int validLength = index == 0 ? 0 : BYTES_PER_OPERATION;
        return code.accumulate(index, chunks[index].address(), BYTES_PER_OPERATION, outputs, validLength);
    }

    /** A surviving chunk is read. */
    @Benchmark
    public int reconstructChunk() {
        int index = next;
        next = index + 1 == plan.sourceCount() ? 0 : index + 1;
        int validLength = index == 0 ? 0 : BYTES_PER_OPERATION;
        return plan.accumulate(index, chunks[index].address(), BYTES_PER_OPERATION, outputs, validLength);
    }
}

package org.apollofs.perf.jmh;

import java.util.concurrent.TimeUnit;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.erasure.Codec;
import org.apollofs.io.erasure.ErasureCode;
import org.apollofs.io.erasure.IsaRoutine;
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
 * ISA-L's own routines, called alone: what {@link ErasureBenchmark} is to be held against. Both encode 1 MiB of data an
 * operation: a whole chunk's share of all parity, as the data plane does it, or a slice of all chunks of a stripe at once.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ErasureCeilingBenchmark {
    /** Payload of an operation. */
    public static final int BYTES_PER_OPERATION = 1 << 20;

    /** Data and parity chunks. */
    @Param({"4+2", "8+2"})
    public String layout;

    private SlabPool pool;
    private Slab[] chunks;
    private IsaRoutine whole;
    private IsaRoutine[] slices;
    private int next;

    /** Makes a stripe. */
    @Setup
    public void allocate() {
        int plus = layout.indexOf('+');
        int dataCount = Integer.parseInt(layout.substring(0, plus));
        int parityCount = Integer.parseInt(layout.substring(plus + 1));
        ErasureCode code = ErasureCode.of(dataCount, parityCount, Codec.SCALAR);
        pool = SlabPool.allocate(code.chunkCount(), BYTES_PER_OPERATION);
        chunks = new Slab[code.chunkCount()];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = Chunks.random(pool, i);
        }
        whole = routine(code, 0, BYTES_PER_OPERATION);
        int sliceLength = BYTES_PER_OPERATION / dataCount;
        slices = new IsaRoutine[dataCount];
        for (int i = 0; i < dataCount; i++) {
            slices[i] = routine(code, (long) i * sliceLength, sliceLength);
        }
    }

    private IsaRoutine routine(ErasureCode code, long offset, int length) {
        long[] data = new long[code.dataCount()];
        long[] parity = new long[code.parityCount()];
        for (int i = 0; i < chunks.length; i++) {
            long address = chunks[i].address() + offset;
            if (i < data.length) {
                data[i] = address;
            } else {
                parity[i - data.length] = address;
            }
        }
        return new IsaRoutine(code, data, parity, length);
    }

    /** Frees it. */
    @TearDown
    public void free() {
        whole.close();
        for (IsaRoutine slice : slices) {
            slice.close();
        }
        for (Slab chunk : chunks) {
            chunk.release();
        }
        pool.close();
    }

    /** ec_encode_data_update, a chunk at a time. */
    @Benchmark
    public int isaUpdateAlone() {
        int index = next;
        next = index + 1 == slices.length ? 0 : index + 1;
        whole.addChunk(index);
        return index;
    }

    /** ec_encode_data, a slice of the stripe at a time. */
    @Benchmark
    public int isaEncodeAlone() {
        int index = next;
        next = index + 1 == slices.length ? 0 : index + 1;
        slices[index].encodeStripe();
        return index;
    }
}

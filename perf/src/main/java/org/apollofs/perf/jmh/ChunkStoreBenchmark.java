package org.apollofs.perf.jmh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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

/** Durable chunk writes of one target on the disk of the working directory: 1 MiB each, up to 64 under way, group commit. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ChunkStoreBenchmark {
    /** Payload of an operation. */
    public static final int BYTES_PER_OPERATION = 1 << 20;

    private StoreRig rig;

    /** Makes a target under the working directory: on a disk, not in memory. */
    @Setup
    public void open() throws IOException {
        rig = new StoreRig(Path.of("").toAbsolutePath(), BYTES_PER_OPERATION, false);
    }

    /** Deletes it. */
    @TearDown
    public void close() throws IOException {
        rig.close();
    }

    /** A chunk written, synced with its journal record, acknowledged. */
    @Benchmark
    public long writeDurably() {
        return rig.writeOne();
    }
}

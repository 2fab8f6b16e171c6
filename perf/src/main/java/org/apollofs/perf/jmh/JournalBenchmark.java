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

/** The journal's share of a chunk write: 4 KiB chunks through a chunk store whose device and syncs are skipped. What is left
 * is the pipeline's five stages, the checksum of 4 KiB, and the record appended to the mapped journal. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class JournalBenchmark {
    /** Payload of an operation. */
    public static final int BYTES_PER_OPERATION = 4096;

    private StoreRig rig;

    /** Makes a target under the working directory: on a disk, not in memory. */
    @Setup
    public void open() throws IOException {
        rig = new StoreRig(Path.of("").toAbsolutePath(), BYTES_PER_OPERATION, true);
    }

    /** Deletes it. */
    @TearDown
    public void close() throws IOException {
        rig.close();
    }

    /** A chunk named, checked, journaled, acknowledged. */
    @Benchmark
    public long append() {
        return rig.writeOne();
    }
}

package org.apollofs.perf.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apollofs.perf.device.Fio;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * fio's rate: the same job on the same file as {@link DeviceRate}, with the same means (io_uring with registered buffers and
 * files) where fio has them.
 */
public final class FioRate implements StoreRate {
    private static final Logger LOG = LoggerFactory.getLogger(FioRate.class);

    private static final List<List<String>> ENGINES = List.of(
            List.of("--ioengine=io_uring", "--fixedbufs=1", "--registerfiles=1"),
            List.of("--ioengine=io_uring"),
            List.of("--ioengine=libaio"));

    private final StoreJob job;
    private final Path file;
    private final String version;
    private final List<String> engine;

    private FioRate(StoreJob job, Path file, String version, List<String> engine) {
        this.job = job;
        this.file = file;
        this.version = version;
        this.engine = engine;
    }

    /**
     * Looks for fio and for the first engine that works here.
     *
     * @param file written once, at least as long as the job.
     * @return null if there is none.
     */
    public static FioRate find(StoreJob job, Path file) throws IOException {
        String version = Fio.version();
        if (version == null) {
            return null;
        }
        StoreJob small = new StoreJob(job.chunkLength(), job.chunkLength(), job.queueDepth());
        for (List<String> engine : ENGINES) {
            try {
                if (new FioRate(small, file, version, engine).write() > 0) {
                    return new FioRate(job, file, version, engine);
                }
            } catch (Fio.FailedException forbiddenOrNotBuiltIn) {
                LOG.info("fio is of no use here with {}: {}", engine, forbiddenOrNotBuiltIn.getMessage());
            }
        }
        return null;
    }

    @Override
    public String name() {
        return "fio";
    }

    @Override
    public String method() {
        return version + " " + String.join(" ", engine) + " --iodepth=" + job.queueDepth();
    }

    @Override
    public double write() throws IOException {
        return run("write", "--end_fsync=1");
    }

    @Override
    public double read() throws IOException {
        return run("read", "--end_fsync=0");
    }

    private double run(String direction, String sync) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--name=apollo",
                "--filename=" + Fio.escaped(file),
                "--rw=" + direction,
                "--direct=1",
                "--overwrite=1",
                "--fallocate=none",
                "--bs=" + job.chunkLength(),
                "--iodepth=" + job.queueDepth(),
                "--size=" + job.bytes(),
                sync));
        arguments.addAll(engine);
        return Fio.gbPerSecond(arguments, direction, job.bytes());
    }

    @Override
    public void close() {
        // Each run is a process of its own.
    }
}

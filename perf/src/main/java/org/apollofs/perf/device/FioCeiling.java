package org.apollofs.perf.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ceiling by fio: the same job for everybody who wants to check the figure. */
final class FioCeiling implements DeviceCeiling {
    private static final Logger LOG = LoggerFactory.getLogger(FioCeiling.class);

    private final Path folder;
    private final String version;
    private final String engine;

    private FioCeiling(Path folder, String version, String engine) {
        this.folder = folder;
        this.version = version;
        this.engine = engine;
    }

    /** @return null if there is no fio, or none of its asynchronous engines works in the folder. */
    static FioCeiling find(Path folder) throws IOException {
        String version = Fio.version();
        if (version == null) {
            return null;
        }
        for (String engine : List.of("io_uring", "libaio")) {
            FioCeiling candidate = new FioCeiling(folder, version, engine);
            try {
                if (candidate.measure(BLOCK_LENGTH) > 0) {
                    return candidate;
                }
            } catch (Fio.FailedException forbiddenOrNotBuiltIn) {
                LOG.info("fio engine {} is of no use here: {}", engine, forbiddenOrNotBuiltIn.getMessage());
            }
        }
        return null;
    }

    @Override
    public String method() {
        return version + " " + engine;
    }

    @Override
    public double measure(long bytes) throws IOException {
        Path file = folder.resolve("apollo-device-ceiling.bin");
        try {
            return Fio.gbPerSecond(
                    List.of(
                            "--name=ceiling",
                            "--filename=" + Fio.escaped(file),
                            "--rw=write",
                            "--direct=1",
                            "--end_fsync=1",
                            "--fallocate=native",
                            "--bs=" + BLOCK_LENGTH,
                            "--iodepth=" + QUEUE_DEPTH,
                            "--ioengine=" + engine,
                            "--size=" + bytes),
                    "write",
                    bytes);
        } finally {
            Files.deleteIfExists(file);
        }
    }
}

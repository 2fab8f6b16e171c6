package org.apollofs.perf.device;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What the file system of a folder takes from a plain writer: 1 MiB writes, O_DIRECT, 16 at once, into one new file whose
 * space is reserved first, ending with fsync. One thread calls; each call writes a file and deletes it.
 */
public interface DeviceCeiling {
    /** Bytes of a write. */
    int BLOCK_LENGTH = 1 << 20;
    /** Writes under way. */
    int QUEUE_DEPTH = 16;

    /** What does it, for reports: "fio-3.33 io_uring". */
    String method();

    /**
     * Measures once.
     *
     * @param bytes a multiple of {@link #BLOCK_LENGTH}.
     * @return GB (1e9 bytes) per second, fsync included.
     */
    double measure(long bytes) throws IOException;

    /** fio where it is installed and works there, else a writer of ours. */
    static DeviceCeiling of(Path folder) throws IOException {
        DeviceCeiling fio = FioCeiling.find(folder);
        return fio != null ? fio : new PlainCeiling(folder);
    }
}

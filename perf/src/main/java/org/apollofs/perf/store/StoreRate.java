package org.apollofs.perf.store;

import java.io.IOException;

/** One way of moving the bytes of a {@link StoreJob}. One thread; its maker closes it. */
public interface StoreRate extends AutoCloseable {
    /** Short name for reports and JSON: "store", "device", "fio". */
    String name();

    /** What does it, in a line. */
    String method();

    /** Writes all of it; what was written is durable on return. @return GB (1e9 bytes) per second, the last sync included. */
    double write() throws IOException;

    /** Reads all of it, after a write. @return GB (1e9 bytes) per second. */
    double read() throws IOException;

    @Override
    void close() throws IOException;
}

package org.apollofs.io.chunk;

import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/** One of the two snapshot files. Goes through the page cache; an older snapshot is written over in place. */
interface SnapshotFile extends SyncedFile, AutoCloseable {
    /** Its name, for messages. */
    String name();

    /** Bytes in the file. */
    long length() throws IOException;

    /** Writes all of a piece; the file grows if need be. */
    void write(long position, UnsafeBuffer buffer, int offset, int length) throws IOException;

    /** Reads at a place. @return bytes read: fewer only at the end of the file. */
    int read(long position, UnsafeBuffer buffer, int offset, int length) throws IOException;

    @Override
    void close();
}

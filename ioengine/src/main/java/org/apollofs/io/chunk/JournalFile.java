package org.apollofs.io.chunk;

import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One of the two journal files: a preallocated file that is all memory. What is put into the buffer may reach the disk at
 * any time, in any order, in parts; it has surely reached it when a sync that was queued later has completed.
 */
interface JournalFile extends SyncedFile, AutoCloseable {
    /** The whole file. */
    UnsafeBuffer buffer();

    /**
     * Replaces the header in one step: a process that is killed, or a disk that writes a page back meanwhile, leaves the old one
     * or the new one. Field by field in {@link #buffer()} it could be neither, and the target would be refused as damaged.
     */
    void writeHeader(JournalHeader header) throws IOException;

    /** Its name, for messages. */
    String name();

    @Override
    void close();
}

package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * One of the two journal files: a preallocated file that is all memory. What is put into the buffer may reach the disk at
 * any time, in any order, in parts; it has surely reached it when a sync that was queued later has completed.
 */
interface JournalFile extends SyncedFile, AutoCloseable {
    /** The whole file. */
    UnsafeBuffer buffer();

    /** Its name, for messages. */
    String name();

    @Override
    void close();
}

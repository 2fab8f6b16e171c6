package org.apollofs.io.chunk;

import java.io.IOException;

/**
 * The small files of a target beside its device: two journals and two snapshots, all made at format, so that no name ever
 * changes and only content has to be made durable. Tests put files here that lose what was not synced.
 *
 * <p>Opens each file once. One owner, who closes the files first.
 */
interface StoreFiles extends AutoCloseable {
    /** Opens journal 0 or 1. */
    JournalFile openJournal(int which) throws IOException;

    /** Opens snapshot 0 or 1. */
    SnapshotFile openSnapshot(int which) throws IOException;

    @Override
    void close();
}

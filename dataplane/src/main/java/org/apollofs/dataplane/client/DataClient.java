package org.apollofs.dataplane.client;

import org.apollofs.io.buffer.SlabPool;
import org.apollofs.namespace.client.Inode;

/**
 * File data as a mount sees it. Thread-safe; the calls of {@link OpenFile} may wait, so they belong on FUSE workers.
 */
public interface DataClient extends AutoCloseable {
    /**
     * Opens a regular file, or joins the one this host has open: all handles of an inode share one view, so each sees
     * what the others wrote at once.
     *
     * @param truncate O_TRUNC: this host sees an empty file from now on, everyone else the old content until new content
     *     is committed (fsync or close; closing commits an empty file too).
     */
    OpenFile open(long inode, boolean truncate);

    /**
     * As {@link #open(long, boolean)}, by who knows the inode already.
     *
     * @param inode as the namespace gave it, lately.
     */
    default OpenFile open(Inode inode, boolean truncate) {
        return open(inode.id(), truncate);
    }

    /** Size of a file with what this host has not committed yet, or {@code committedSize} if it has nothing open. */
    long visibleSize(long inode, long committedSize);

    /** Latest write on this host that is not committed, in ns since the epoch, or {@code committedNs}. */
    long visibleModificationTimeNs(long inode, long committedNs);

    /** Whether this host has the file open: an unlink must keep its content. */
    boolean isOpen(long inode);

    /** Slabs into which the mount receives payload: {@link OpenFile#writeSlab} takes them over. */
    SlabPool slabs();

    /** Figures of the targets, added up and less parity, for statfs. */
    Space space();

    /** Bytes for files: all, and free. */
    record Space(long totalBytes, long freeBytes) {}

    /** Commits what is dirty and closes. */
    @Override
    void close();
}

package org.apollofs.fuse;

import org.apollofs.namespace.client.Inode;

/**
 * An opened file.
 *
 * @param inode its attributes, as this host sees them.
 * @param handle number for the requests that follow.
 * @param writable whether closing it has anything to flush.
 * @param direct reads and writes must bypass the page cache.
 * @param keepCache what the page cache holds of it is what it holds now.
 * @param outdated the kernel may have other attributes of it, and must forget them before it reads.
 */
public record OpenReply(
        Inode inode, long handle, boolean writable, boolean direct, boolean keepCache, boolean outdated) {}

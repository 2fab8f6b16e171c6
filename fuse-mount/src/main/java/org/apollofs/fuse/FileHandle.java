package org.apollofs.fuse;

import org.apollofs.dataplane.client.OpenFile;

/**
 * One open(2) of a regular file.
 *
 * @param append O_APPEND.
 * @param synchronous O_SYNC or O_DSYNC: each write is durable when it returns.
 */
record FileHandle(OpenInodes.OpenInode inode, OpenFile file, boolean writable, boolean append, boolean synchronous) {}

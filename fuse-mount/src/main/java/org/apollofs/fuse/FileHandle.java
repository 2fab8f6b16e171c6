package org.apollofs.fuse;

import org.apollofs.dataplane.client.OpenFile;

/**
 * One open(2) of a regular file.
 *
 * @param append O_APPEND.
 */
record FileHandle(OpenInodes.OpenInode inode, OpenFile file, boolean writable, boolean append) {}

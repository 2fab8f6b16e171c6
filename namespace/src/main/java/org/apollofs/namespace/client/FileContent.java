package org.apollofs.namespace.client;

import java.util.List;

/**
 * All that says what a file holds, read at one point of the log.
 *
 * @param inode its metadata.
 * @param inline bytes at the file's start, under the extents; empty if none.
 * @param extents by file offset, not overlapping; what neither they nor {@code inline} cover is zeros up to the size.
 */
public record FileContent(Inode inode, byte[] inline, List<Extent> extents) {}

package org.apollofs.fuse;

/** Answer to statfs. Bytes of files, less parity; inodes. */
public record FileSystemSpace(long totalBytes, long freeBytes, long inodes, long freeInodes) {
    /** Unit in which statfs counts, in bytes. */
    public static final int BLOCK_LENGTH = 4096;

    /** The namespace has no table of inodes to run out of. */
    static final long FREE_INODES = 1L << 40;
}

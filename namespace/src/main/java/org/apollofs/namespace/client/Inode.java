package org.apollofs.namespace.client;

/**
 * A file's metadata, as committed.
 *
 * @param id inode number; the root is {@link #ROOT}.
 * @param mode type and permission bits as in {@code inode(7)}: S_IFREG, S_IFDIR or S_IFLNK, and 07777.
 * @param linkCount names of a file; 2 plus subdirectories for a directory; 0 for an unlinked file still open.
 * @param size bytes.
 * @param version place in the log of the last change of content or metadata: rises by one log order, over all inodes.
 * @param contentVersion the same for the last change of content (inline value, extents, size).
 * @param inlineLength bytes at the start of the file held in the record itself, under whatever extents cover.
 * @param extentCount number of extent records.
 */
public record Inode(
        long id,
        int mode,
        int uid,
        int gid,
        int linkCount,
        long size,
        long atimeNs,
        long mtimeNs,
        long ctimeNs,
        long version,
        long contentVersion,
        int inlineLength,
        long extentCount) {
    /** The root directory's number, as FUSE wants it. */
    public static final long ROOT = 1;

    /** Bits of {@link #mode} that hold the type. */
    public static final int TYPE_MASK = 0170000;

    public static final int DIRECTORY = 0040000;
    public static final int REGULAR = 0100000;
    public static final int SYMLINK = 0120000;

    /** Whether it is a directory. */
    public boolean isDirectory() {
        return (mode & TYPE_MASK) == DIRECTORY;
    }

    /** Whether it is a regular file. */
    public boolean isRegular() {
        return (mode & TYPE_MASK) == REGULAR;
    }
}

package org.apollofs.fuse;

import org.apollofs.dataplane.client.DataClient;
import org.apollofs.namespace.client.Inode;

/** Mode bits, and how a committed inode looks on the host that is still writing to it. */
public final class Attributes {
    public static final int SET_USER_ID = 04000;
    public static final int SET_GROUP_ID = 02000;
    public static final int GROUP_EXECUTE = 010;
    public static final int PERMISSIONS = 07777;
    /** Bytes that st_blocks counts in. */
    public static final int BLOCK_LENGTH = 512;

    private Attributes() {}

    /** Mode of a file after somebody without the right to keep them wrote to it or gave it away. */
    static int withoutPrivileges(int mode) {
        int cleared = mode & ~SET_USER_ID;
        // Without group execution the bit once meant mandatory locking; the kernel leaves it, so do we.
        return (mode & GROUP_EXECUTE) != 0 ? cleared & ~SET_GROUP_ID : cleared;
    }

    static boolean isPrivileged(int mode) {
        return (mode & (SET_USER_ID | SET_GROUP_ID)) != 0;
    }

    /** The inode with the size and time of writes that are not committed yet. */
    static Inode visible(Inode inode, DataClient data) {
        if (!inode.isRegular()) {
            return inode;
        }
        long size = data.visibleSize(inode.id(), inode.size());
        long mtimeNs = data.visibleModificationTimeNs(inode.id(), inode.mtimeNs());
        if (size == inode.size() && mtimeNs == inode.mtimeNs()) {
            return inode;
        }
        return new Inode(
                inode.id(),
                inode.mode(),
                inode.uid(),
                inode.gid(),
                inode.linkCount(),
                size,
                inode.atimeNs(),
                mtimeNs,
                Math.max(inode.ctimeNs(), mtimeNs),
                inode.version(),
                inode.contentVersion(),
                inode.inlineLength(),
                inode.extentCount());
    }

    /** 512-byte blocks for st_blocks. */
    public static long blocks(long size) {
        return (size + BLOCK_LENGTH - 1) / BLOCK_LENGTH;
    }
}

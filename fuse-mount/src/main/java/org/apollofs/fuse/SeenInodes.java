package org.apollofs.fuse;

import org.apollofs.namespace.client.Inode;

/**
 * What the kernel was last told of an inode, and which content version its page cache holds. A cache of fixed size that
 * forgets by overwriting: to have forgotten costs a question or an invalidation, never a wrong answer. Any thread.
 */
final class SeenInodes {
    /** No content version: what the page cache holds is not to be kept. */
    static final long NO_VERSION = -1;

    private static final int SLOTS = 1 << 16;
    private static final int LOCKS = 64;

    private final long[] inodes = new long[SLOTS];
    private final long[] versions = new long[SLOTS];
    private final long[] cachedContent = new long[SLOTS];
    private final int[] modes = new int[SLOTS];
    private final int[] groups = new int[SLOTS];
    private final Object[] locks = new Object[LOCKS];

    SeenInodes() {
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new Object();
        }
    }

    /** Notes attributes that go to the kernel. */
    void note(Inode inode) {
        int slot = slot(inode.id());
        synchronized (locks[slot % LOCKS]) {
            claim(slot, inode.id());
            versions[slot] = inode.version();
            modes[slot] = inode.mode();
            groups[slot] = inode.gid();
        }
    }

    /** Whether the kernel may hold other attributes than these. */
    boolean isOutdated(Inode inode) {
        int slot = slot(inode.id());
        synchronized (locks[slot % LOCKS]) {
            return inodes[slot] != inode.id() || versions[slot] != inode.version();
        }
    }

    /** Content version in the kernel's page cache, or {@link #NO_VERSION}. */
    long cachedContent(long inode) {
        int slot = slot(inode);
        synchronized (locks[slot % LOCKS]) {
            return inodes[slot] == inode ? cachedContent[slot] : NO_VERSION;
        }
    }

    /** Notes what the page cache will hold from now on. */
    void cachedContent(long inode, long contentVersion) {
        int slot = slot(inode);
        synchronized (locks[slot % LOCKS]) {
            if (inodes[slot] != inode) {
                if (contentVersion == NO_VERSION) {
                    return;
                }
                claim(slot, inode);
            }
            cachedContent[slot] = contentVersion;
        }
    }

    /**
     * The set-group-id bit and group of a directory as the kernel last saw them.
     *
     * @return mode in the upper, gid in the lower 32 bits, or -1 if not known.
     */
    long modeAndGroup(long inode) {
        int slot = slot(inode);
        synchronized (locks[slot % LOCKS]) {
            return inodes[slot] == inode && versions[slot] != NO_VERSION
                    ? (long) modes[slot] << 32 | (groups[slot] & 0xffff_ffffL)
                    : -1;
        }
    }

    private void claim(int slot, long inode) {
        if (inodes[slot] != inode) {
            inodes[slot] = inode;
            versions[slot] = NO_VERSION;
            cachedContent[slot] = NO_VERSION;
        }
    }

    private static int slot(long inode) {
        return (int) ((inode * 0x9E37_79B9_7F4A_7C15L) >>> 48);
    }
}

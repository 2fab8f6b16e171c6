package org.apollofs.namespace.state;

import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.apollofs.namespace.client.Inode;

/**
 * Directories that commands went through before, by path and by inode: most commands go to where the last ones went, and find
 * it here with one look instead of two for each name.
 *
 * <p>It holds what the tables under the present transaction say: whoever moves or removes a directory, or aborts a transaction,
 * clears it. Two direct-mapped tables of fixed size; a directory pushes out another one in its slot. The root is not in it.
 * Owned by the apply thread.
 */
final class DirectoryCache {
    private static final int SLOTS = 4096;
    private static final int MASK = SLOTS - 1;

    private final Entry[] byPath = new Entry[SLOTS];
    private final Entry[] byInode = new Entry[SLOTS];
    private boolean isEmpty = true;

    private record Entry(long inode, byte[] path) {}

    /** The directory at a path, without a slash at either end; 0 if it is not known here. */
    long find(DirectBuffer path, int offset, int length) {
        Entry entry = byPath[slot(path, offset, length)];
        return entry != null && isAt(entry, path, offset, length) ? entry.inode : 0;
    }

    /** Path of a directory, without a slash at either end; null if it is not known here. */
    byte[] path(long inode) {
        Entry entry = byInode[(int) inode & MASK];
        return entry != null && entry.inode == inode ? entry.path : null;
    }

    /** Notes where a directory is. */
    void add(long inode, DirectBuffer path, int offset, int length) {
        if (inode == Inode.ROOT) {
            return;
        }
        byte[] bytes = new byte[length];
        path.getBytes(offset, bytes);
        Entry entry = new Entry(inode, bytes);
        byPath[slot(path, offset, length)] = entry;
        byInode[(int) inode & MASK] = entry;
        isEmpty = false;
    }

    /** Forgets all: paths have changed. */
    void clear() {
        if (!isEmpty) {
            Arrays.fill(byPath, null);
            Arrays.fill(byInode, null);
            isEmpty = true;
        }
    }

    private static boolean isAt(Entry entry, DirectBuffer path, int offset, int length) {
        byte[] bytes = entry.path;
        if (bytes.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[i] != path.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }

    private static int slot(DirectBuffer path, int offset, int length) {
        int hash = 0;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + path.getByte(offset + i);
        }
        return (hash ^ hash >>> 15) & MASK;
    }
}

package org.apollofs.fuse.jnr;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Open files that lost their name. libfuse wants to rename such a file to ".fuse_hidden" and a number that is used once, and
 * goes on to call it by that name until the last handle is gone, when it unlinks it. Only this table knows the name: in the
 * namespace the file is unlinked at once, so that neither another host nor a restart finds it. Any thread.
 */
final class HiddenFiles {
    /** No inode. */
    static final long NONE = 0;

    private final ConcurrentHashMap<String, Long> inodes = new ConcurrentHashMap<>();

    /** Notes what libfuse calls a file from now on. By the last name: the directory may be renamed meanwhile. */
    void add(String path, long inode) {
        inodes.put(PathResolver.lastName(path), inode);
    }

    /** Forgets a name. @return whether there was one. */
    boolean remove(String path) {
        return inodes.remove(PathResolver.lastName(path)) != null;
    }

    /** The inode behind a name, or {@link #NONE}. */
    long inode(String path) {
        if (inodes.isEmpty()) {
            return NONE;
        }
        return inodes.getOrDefault(PathResolver.lastName(path), NONE);
    }
}

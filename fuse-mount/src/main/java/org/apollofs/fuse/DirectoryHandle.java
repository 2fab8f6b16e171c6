package org.apollofs.fuse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One open directory: which name stands behind each offset that readdir gave out. Offset n means "after the n-th entry";
 * the entries are read anew from the namespace with each request, after the name behind the offset, so that a listing
 * neither skips nor repeats a name while others come and go.
 *
 * <p>The last {@link #WINDOW} names are kept. An offset further back (a seekdir far behind a listing of more entries than
 * that) is found from the nearest kept name before it by counting, and may then be off by the names that were added or
 * removed in between. Guarded by itself.
 */
final class DirectoryHandle {
    /** "." and ".." are entries 1 and 2. */
    static final int DOTS = 2;

    private static final int WINDOW = 1 << 15;
    private static final int MARK_INTERVAL = 1024;

    final long inode;
    private final List<byte[]> marks = new ArrayList<>();
    private final int window;
    private byte[][] recent = new byte[64][];
    private long count;

    DirectoryHandle(long inode) {
        this(inode, WINDOW);
    }

    DirectoryHandle(long inode, int window) {
        this.inode = inode;
        this.window = window;
    }

    /** Forgets all: a listing begins anew. */
    void rewind() {
        marks.clear();
        count = 0;
    }

    /** Notes that entry {@code ordinal} (1 is the first after the dots) is this name. */
    void note(long ordinal, byte[] name) {
        // As long as it grows, nothing has wrapped: entry n stands at n.
        if (ordinal >= recent.length && recent.length < window) {
            recent = Arrays.copyOf(recent, Math.min(window, recent.length * 2));
        }
        recent[(int) (ordinal % recent.length)] = name;
        if (ordinal > count) {
            count = ordinal;
            if (ordinal % MARK_INTERVAL == 0) {
                marks.add(name);
            }
        }
    }

    /** Whether the name of an entry is still kept, so that {@link #name} is exact. */
    boolean isKept(long ordinal) {
        return ordinal == 0 || (ordinal <= count && ordinal > count - recent.length);
    }

    /** Name of an entry, null for 0: before the first. */
    byte[] name(long ordinal) {
        return ordinal == 0 ? null : recent[(int) (ordinal % recent.length)];
    }

    /** Entries noted so far. */
    long count() {
        return count;
    }

    /** The last entry at or before {@code ordinal} whose name is kept for good, 0 if there is none. */
    long markBefore(long ordinal) {
        return Math.min(ordinal / MARK_INTERVAL, marks.size()) * MARK_INTERVAL;
    }

    /** Name of an entry of {@link #markBefore}. */
    byte[] mark(long ordinal) {
        return ordinal == 0 ? null : marks.get((int) (ordinal / MARK_INTERVAL) - 1);
    }
}

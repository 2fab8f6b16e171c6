package org.apollofs.fuse;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * The files that this mount has open, by inode. Opening, unlinking and truncating one inode exclude each other through
 * {@link #lock}: a file must not be opened between the question whether it is open and its removal. Any thread.
 */
final class OpenInodes {
    private static final int STRIPES = 64;

    private final ReentrantLock[] locks = new ReentrantLock[STRIPES];
    private final Long2ObjectHashMap<OpenInode>[] stripes = newStripes();
    private final AtomicInteger writers = new AtomicInteger();

    OpenInodes() {
        for (int i = 0; i < STRIPES; i++) {
            locks[i] = new ReentrantLock();
            stripes[i] = new Long2ObjectHashMap<>();
        }
    }

    /** The lock that covers an inode, and some others: hold one at a time. */
    ReentrantLock lock(long inode) {
        return locks[stripe(inode)];
    }

    /** The record of an open inode, or null. Needs its lock. */
    OpenInode get(long inode) {
        return stripes[stripe(inode)].get(inode);
    }

    /** Counts one more handle. Needs the inode's lock. */
    OpenInode add(long inode, boolean writable) {
        Long2ObjectHashMap<OpenInode> stripe = stripes[stripe(inode)];
        OpenInode open = stripe.get(inode);
        if (open == null) {
            open = new OpenInode(inode);
            stripe.put(inode, open);
        }
        open.handles++;
        if (writable) {
            open.writers++;
            writers.incrementAndGet();
        }
        return open;
    }

    /** Counts one handle less. Needs the inode's lock. @return whether it was the last. */
    boolean remove(OpenInode open, boolean writable) {
        if (writable) {
            open.writers--;
            writers.decrementAndGet();
        }
        if (--open.handles > 0) {
            return false;
        }
        stripes[stripe(open.inode)].remove(open.inode);
        return true;
    }

    /** Whether any file is open for writing: a reading. */
    boolean anyWriter() {
        return writers.get() > 0;
    }

    private static int stripe(long inode) {
        return (int) (inode & (STRIPES - 1));
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Long2ObjectHashMap<OpenInode>[] newStripes() {
        return new Long2ObjectHashMap[STRIPES];
    }

    /** One open inode. Its counts and {@code unlinked} are covered by the inode's lock. */
    static final class OpenInode {
        final long inode;
        int handles;
        int writers;
        /** Its last name is gone: the last handle frees it. */
        boolean unlinked;
        /** Whether the set-user-id or set-group-id bit may be on: a write takes it away. */
        volatile boolean privileged;

        OpenInode(long inode) {
            this.inode = inode;
        }
    }
}

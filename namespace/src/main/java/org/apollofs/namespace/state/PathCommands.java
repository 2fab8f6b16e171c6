package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;

/** Changes of names by path: what transactions need beside keys. Owned by the apply thread. */
final class PathCommands {
    private final Store store;
    private final TreeCommands tree;
    private final InodeRecord walked = new InodeRecord();
    private final PathName path = new PathName();
    private final PathName newPath = new PathName();

    PathCommands(Store store, TreeCommands tree) {
        this.store = store;
        this.tree = tree;
    }

    /** Renames. @return the replaced inode, or null. */
    Inode rename(long session, DirectBuffer from, DirectBuffer to, int flags) {
        path.parse(from);
        newPath.parse(to);
        long parent = directoryOf(path);
        long newParent = directoryOf(newPath);
        if (parent == 0 || newParent == 0) {
            throw new Refusal(NamespaceError.NOT_FOUND, "no such directory: path=" + text(parent == 0 ? from : to));
        }
        return tree.rename(session, parent, path.last(), newParent, newPath.last(), flags, false);
    }

    /** The directory of a path's last name, or 0. Whether it is a directory is seen when it is used. */
    private long directoryOf(PathName of) {
        long inode = Inode.ROOT;
        for (int i = 0; i < of.count() - 1 && inode != 0; i++) {
            inode = store.child(inode, of.name(i));
        }
        return inode;
    }

    /** Removes what is at a path and all below it. @return whether there was anything. */
    boolean removeTree(long session, DirectBuffer at) {
        path.parse(at);
        long parent = directoryOf(path);
        long inode = parent == 0 ? 0 : store.child(parent, path.last());
        if (inode == 0) {
            return false;
        }
        store.require(walked, inode);
        if (!walked.isDirectory()) {
            tree.unlink(session, parent, path.last(), false);
            return true;
        }
        if (count(inode, 1) > NamespaceLimits.REMOVED_COUNT) {
            throw new Refusal(
                    NamespaceError.TRANSACTION_TOO_LARGE,
                    "too many names to be removed at once: path=" + text(at) + ", limit="
                            + NamespaceLimits.REMOVED_COUNT);
        }
        store.changes.begin();
        removeBelow(session, inode);
        tree.removeDirectory(session, parent, path.last());
        store.changes.end();
        return true;
    }

    /** Names below a directory, added to a count; stops beyond the limit. */
    private long count(long directory, long before) {
        store.require(walked, directory);
        long total = before + walked.size();
        // A directory has as many subdirectories as links beyond two: most have none.
        if (walked.linkCount() == 2) {
            return total;
        }
        byte[] name = firstName(directory, null);
        while (name != null && total <= NamespaceLimits.REMOVED_COUNT) {
            long inode = store.child(directory, new UnsafeBuffer(name));
            store.require(walked, inode);
            if (walked.isDirectory()) {
                total = count(inode, total);
            }
            name = firstName(directory, name);
        }
        return total;
    }

    private void removeBelow(long session, long directory) {
        byte[] name = firstName(directory, null);
        while (name != null) {
            UnsafeBuffer child = new UnsafeBuffer(name);
            long inode = store.child(directory, child);
            store.require(walked, inode);
            if (walked.isDirectory()) {
                removeBelow(session, inode);
                tree.removeDirectory(session, directory, child);
            } else {
                tree.unlink(session, directory, child, false);
            }
            name = firstName(directory, null);
        }
    }

    /** First name in a directory, after one if that is not null. */
    private byte[] firstName(long directory, byte[] after) {
        try (Cursor<DirectBuffer> cursor = store.tables.entries.openCursor(store.txn())) {
            UnsafeBuffer place = new UnsafeBuffer(after == null ? new byte[0] : after);
            boolean found = cursor.get(store.key.of(directory, place, 0, place.capacity()), GetOp.MDB_SET_RANGE);
            if (found && after != null) {
                // The name itself is there still.
                found = cursor.next();
            }
            if (!found || cursor.key().getLong(0, BIG_ENDIAN) != directory) {
                return null;
            }
            byte[] name = new byte[cursor.key().capacity() - Long.BYTES];
            cursor.key().getBytes(Long.BYTES, name);
            return name;
        }
    }

    private static String text(DirectBuffer bytes) {
        return bytes.getStringWithoutLengthUtf8(0, bytes.capacity());
    }
}

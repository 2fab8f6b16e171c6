package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static org.apollofs.namespace.client.NamespaceError.EXISTS;
import static org.apollofs.namespace.client.NamespaceError.INVALID;
import static org.apollofs.namespace.client.NamespaceError.IS_DIRECTORY;
import static org.apollofs.namespace.client.NamespaceError.LOOP;
import static org.apollofs.namespace.client.NamespaceError.NOT_DIRECTORY;
import static org.apollofs.namespace.client.NamespaceError.NOT_EMPTY;
import static org.apollofs.namespace.client.NamespaceError.NOT_FOUND;
import static org.apollofs.namespace.client.NamespaceError.NOT_PERMITTED;
import static org.apollofs.namespace.client.NamespaceError.TOO_MANY_LINKS;
import static org.apollofs.namespace.client.NamespaceError.VALUE_TOO_LARGE;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceLimits;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;

/**
 * Names: made, linked, renamed, removed. Each method checks all that can be refused, then writes. Owned by the apply thread.
 */
final class TreeCommands {
    private final Store store;
    private final ExtentTable extents;
    private final InodeRecord parent = new InodeRecord();
    private final InodeRecord newParent = new InodeRecord();
    private final InodeRecord subject = new InodeRecord();
    private final InodeRecord replaced = new InodeRecord();
    private final UnsafeBuffer name = new UnsafeBuffer(ByteBuffer.allocateDirect(NamespaceLimits.NAME_LENGTH));
    private final UnsafeBuffer nameView = new UnsafeBuffer(0, 0);

    TreeCommands(Store store, ExtentTable extents) {
        this.store = store;
        this.extents = extents;
    }

    /** Makes the root, in an empty state. */
    void makeRoot() {
        subject.reset(Inode.ROOT, Inode.DIRECTORY | 0755, 0, 0);
        subject.linkCount(2);
        store.save(subject);
        store.meta.set(Meta.NEXT_INODE, Inode.ROOT + 1);
        store.meta.set(Meta.INODE_COUNT, 1);
    }

    /** A file, directory or symbolic link, by the type in {@code mode}. */
    Inode makeNode(long session, long parentId, DirectBuffer name, int mode, int uid, int gid, DirectBuffer target) {
        Store.checkName(name);
        int type = mode & Inode.TYPE_MASK;
        if (type != Inode.REGULAR && type != Inode.DIRECTORY && type != Inode.SYMLINK) {
            throw new Refusal(INVALID, "not a type of inode: mode=" + Integer.toOctalString(mode));
        }
        if (target.capacity() >= NamespaceLimits.PATH_LENGTH) {
            throw new Refusal(VALUE_TOO_LARGE, "target of a link too long: length=" + target.capacity());
        }
        if (type == Inode.SYMLINK && target.capacity() == 0) {
            throw new Refusal(INVALID, "a symbolic link needs a target");
        }
        store.requireDirectory(parent, parentId);
        if (store.child(parentId, name) != 0) {
            throw new Refusal(EXISTS, "exists: parent=" + parentId + ", name=" + text(name));
        }
        if (type == Inode.DIRECTORY && parent.linkCount() >= Integer.MAX_VALUE) {
            throw new Refusal(TOO_MANY_LINKS, "too many directories: parent=" + parentId);
        }
        store.checkPath(parentId, name);
        make(name, mode, uid, gid, target);
        store.changes.append(operationFor(type), session, subject.id(), subject.size(), parentId, name);
        return subject.toInode();
    }

    /** Makes a node in the directory that {@code parent} holds; all is checked. The caller appends the change. */
    private void make(DirectBuffer name, int mode, int uid, int gid, DirectBuffer target) {
        int type = mode & Inode.TYPE_MASK;
        long now = store.nowNs();
        long version = store.changes.next();
        subject.reset(store.meta.next(Meta.NEXT_INODE), type | (mode & 07777), uid, gid);
        subject.linkCount(type == Inode.DIRECTORY ? 2 : 1);
        subject.atimeNs(now);
        subject.mtimeNs(now);
        touch(subject, version);
        subject.contentVersion(version);
        if (type == Inode.SYMLINK) {
            subject.size(target.capacity());
            InlineValues.put(store, subject, target);
        }
        store.addName(subject, parent.id(), name);
        store.save(subject);
        store.putEntry(parent.id(), name, subject.id());
        changeEntries(parent, version, 1, type == Inode.DIRECTORY ? 1 : 0);
        store.save(parent);
        store.meta.add(Meta.INODE_COUNT, 1);
    }

    /** The directory of a key, made with those above it where they are missing. All names are checked. */
    long makeParents(long session, PathName path) {
        long directory = Inode.ROOT;
        for (int i = 0; i < path.count() - 1; i++) {
            long next = store.child(directory, path.name(i));
            if (next == 0) {
                store.require(parent, directory);
                // An implicit directory belongs to whom the one above it belongs.
                int mode = Inode.DIRECTORY | (parent.mode() & 0777);
                make(path.name(i), mode, parent.uid(), parent.gid(), store.emptyValue());
                store.changes.append(ChangeOperation.MAKE_DIRECTORY, session, subject.id(), 0, directory, path.name(i));
                next = subject.id();
            }
            directory = next;
        }
        return directory;
    }

    /** An empty file for a key that does not exist yet, in its directory. The caller appends the change. */
    long makeFile(long directory, DirectBuffer name) {
        store.require(parent, directory);
        int mode = Inode.REGULAR | (parent.mode() & 0666);
        make(name, mode, parent.uid(), parent.gid(), store.emptyValue());
        return subject.id();
    }

    Inode link(long session, long inode, long newParentId, DirectBuffer newName) {
        Store.checkName(newName);
        store.require(subject, inode);
        if (subject.isDirectory()) {
            throw new Refusal(NOT_PERMITTED, "a directory has one name: inode=" + inode);
        }
        if (subject.linkCount() == 0) {
            throw new Refusal(NOT_FOUND, "the file is unlinked: inode=" + inode);
        }
        if (subject.linkCount() >= NamespaceLimits.LINK_COUNT) {
            throw new Refusal(TOO_MANY_LINKS, "too many names: inode=" + inode);
        }
        store.requireDirectory(parent, newParentId);
        if (store.child(newParentId, newName) != 0) {
            throw new Refusal(EXISTS, "exists: parent=" + newParentId + ", name=" + text(newName));
        }
        store.checkPath(newParentId, newName);

        long version = store.changes.next();
        store.addName(subject, newParentId, newName);
        subject.linkCount(subject.linkCount() + 1);
        touch(subject, version);
        store.save(subject);
        store.putEntry(newParentId, newName, inode);
        changeEntries(parent, version, 1, 0);
        store.save(parent);
        store.changes.append(ChangeOperation.LINK, session, inode, subject.size(), newParentId, newName);
        return subject.toInode();
    }

    Inode unlink(long session, long parentId, DirectBuffer name, boolean keepOpen) {
        store.requireDirectory(parent, parentId);
        requireChild(subject, parentId, name);
        if (subject.isDirectory()) {
            throw new Refusal(IS_DIRECTORY, "is a directory: parent=" + parentId + ", name=" + text(name));
        }
        return unlinkChild(session, name, keepOpen, ChangeOperation.UNLINK);
    }

    /** Removes a file by path: {@code parent} and file are known to exist. */
    void delete(long session, long parentId, DirectBuffer name) {
        store.require(parent, parentId);
        requireChild(subject, parentId, name);
        unlinkChild(session, name, false, ChangeOperation.DELETE);
    }

    /** Removes all names of a file. @return how many it had; 0 also if there is no such inode. */
    int deleteFile(long session, long inode) {
        int count = 0;
        while (store.load(subject, inode) && subject.linkCount() > 0) {
            int length = subject.nameLength();
            name.putBytes(0, subject.nameBuffer(), InodeRecord.NAME, length);
            nameView.wrap(name, 0, length);
            store.require(parent, subject.parent());
            unlinkChild(session, nameView, false, ChangeOperation.DELETE);
            count++;
        }
        return count;
    }

    private Inode unlinkChild(long session, DirectBuffer name, boolean keepOpen, ChangeOperation operation) {
        long version = store.changes.next();
        store.changes.append(operation, session, subject.id(), subject.size(), parent.id(), name);
        store.removeEntry(parent.id(), name);
        changeEntries(parent, version, -1, 0);
        store.save(parent);
        dropLink(session, subject, parent.id(), name, keepOpen, version);
        return subject.toInode();
    }

    /** Takes a name from a file or, with its only one, its content. The entry is already gone. */
    private void dropLink(
            long session, InodeRecord file, long parentId, DirectBuffer name, boolean keepOpen, long version) {
        store.dropName(file, parentId, name);
        file.linkCount(file.linkCount() - 1);
        touch(file, version);
        if (file.linkCount() == 0) {
            // Without a name it is no key any more.
            store.leases.detach(file);
        }
        if (file.linkCount() > 0) {
            store.save(file);
        } else if (keepOpen) {
            store.save(file);
            store.tables.unlinked.put(store.txn(), store.key.of(session, file.id()), store.emptyValue());
        } else {
            drop(file);
        }
    }

    /** Removes an inode and what it holds. */
    private void drop(InodeRecord file) {
        if (file.extentCount() > 0) {
            extents.cut(file.id(), 0, Long.MAX_VALUE);
            extents.free(file.id());
        }
        if (file.isDirectory()) {
            store.directories.clear();
        }
        InlineValues.drop(store, file);
        store.xattrs.drop(file);
        store.remove(file);
        store.meta.add(Meta.INODE_COUNT, -1);
    }

    /** Drops an unlinked file that the session keeps open; nothing if it keeps none such. */
    void releaseUnlinked(long session, long inode) {
        if (store.tables.unlinked.delete(store.txn(), store.key.of(session, inode))) {
            drop(store.require(subject, inode));
        }
    }

    /** Drops the unlinked files that a session that has ended kept open. */
    void releaseAllUnlinked(long session) {
        long inode = firstUnlinked(session);
        while (inode != 0) {
            releaseUnlinked(session, inode);
            inode = firstUnlinked(session);
        }
    }

    private long firstUnlinked(long session) {
        try (Cursor<DirectBuffer> cursor = store.tables.unlinked.openCursor(store.txn())) {
            boolean found = cursor.get(store.key.of(session, 0), GetOp.MDB_SET_RANGE)
                    && cursor.key().getLong(0, BIG_ENDIAN) == session;
            return found ? cursor.key().getLong(8, BIG_ENDIAN) : 0;
        }
    }

    void removeDirectory(long session, long parentId, DirectBuffer name) {
        store.requireDirectory(parent, parentId);
        requireChild(subject, parentId, name);
        requireEmptyDirectory(subject);

        long version = store.changes.next();
        store.changes.append(ChangeOperation.REMOVE_DIRECTORY, session, subject.id(), 0, parentId, name);
        store.removeEntry(parentId, name);
        changeEntries(parent, version, -1, -1);
        store.save(parent);
        drop(subject);
    }

    private static void requireEmptyDirectory(InodeRecord directory) {
        if (!directory.isDirectory()) {
            throw new Refusal(NOT_DIRECTORY, "not a directory: inode=" + directory.id());
        }
        if (directory.size() > 0) {
            throw new Refusal(NOT_EMPTY, "not empty: inode=" + directory.id() + ", entries=" + directory.size());
        }
    }

    /** Renames. @return the replaced inode, or null. */
    Inode rename(
            long session,
            long parentId,
            DirectBuffer name,
            long newParentId,
            DirectBuffer newName,
            int flags,
            boolean keepOpen) {
        if (flags != 0 && flags != Namespace.RENAME_NOREPLACE && flags != Namespace.RENAME_EXCHANGE) {
            throw new Refusal(INVALID, "unknown flags of rename: flags=" + flags);
        }
        Store.checkName(newName);
        store.requireDirectory(parent, parentId);
        store.requireDirectory(newParent, newParentId);
        requireChild(subject, parentId, name);
        long target = store.child(newParentId, newName);
        checkRename(parentId, newParentId, newName, flags, target);
        if (target == subject.id()) {
            // Two names of one file: rename(2) does nothing.
            return null;
        }
        long version = store.changes.next();
        store.changes.otherPath(parentId, name);
        if (flags == Namespace.RENAME_EXCHANGE) {
            store.require(replaced, target);
            exchange(session, name, newName, version);
            return null;
        }
        move(session, name, newName, target, keepOpen, version);
        return target == 0 ? null : replaced.toInode();
    }

    private void checkRename(long parentId, long newParentId, DirectBuffer newName, int flags, long target) {
        if (flags == Namespace.RENAME_NOREPLACE && target != 0) {
            throw new Refusal(EXISTS, "exists: parent=" + newParentId + ", name=" + text(newName));
        }
        if (subject.isDirectory() && parentId != newParentId && store.isBelow(newParentId, subject.id())) {
            throw new Refusal(LOOP, "a directory into itself: inode=" + subject.id() + ", parent=" + newParentId);
        }
        if (flags == Namespace.RENAME_EXCHANGE) {
            if (target == 0) {
                throw new Refusal(NOT_FOUND, "nothing to exchange with: name=" + text(newName));
            }
            store.require(replaced, target);
            if (replaced.isDirectory() && parentId != newParentId && store.isBelow(parentId, target)) {
                throw new Refusal(LOOP, "a directory into itself: inode=" + target + ", parent=" + parentId);
            }
        } else if (target != 0 && target != subject.id()) {
            store.require(replaced, target);
            if (subject.isDirectory()) {
                requireEmptyDirectory(replaced);
            } else if (replaced.isDirectory()) {
                throw new Refusal(IS_DIRECTORY, "is a directory: name=" + text(newName));
            }
        }
        store.checkPath(newParentId, newName);
    }

    /** The rename proper. Parents are one record if they are one directory. */
    private void move(
            long session, DirectBuffer name, DirectBuffer newName, long target, boolean keepOpen, long version) {
        InodeRecord to = newParent.id() == parent.id() ? parent : newParent;
        int directory = subject.isDirectory() ? 1 : 0;
        store.changes.append(ChangeOperation.RENAME, session, subject.id(), subject.size(), to.id(), newName);
        store.removeEntry(parent.id(), name);
        store.putEntry(to.id(), newName, subject.id());
        changeEntries(parent, version, -1, -directory);
        // A replaced directory takes the place of the one that comes: both were subdirectories.
        changeEntries(to, version, target == 0 ? 1 : 0, target == 0 ? directory : 0);
        store.save(parent);
        store.save(to);
        if (target != 0) {
            if (replaced.isDirectory()) {
                replaced.linkCount(0);
                drop(replaced);
            } else {
                dropLink(session, replaced, to.id(), newName, keepOpen, version);
            }
        }
        renameSubject(subject, parent.id(), name, to.id(), newName, version);
    }

    private void exchange(long session, DirectBuffer name, DirectBuffer newName, long version) {
        InodeRecord to = newParent.id() == parent.id() ? parent : newParent;
        store.changes.append(ChangeOperation.EXCHANGE, session, subject.id(), subject.size(), to.id(), newName);
        store.putEntry(parent.id(), name, replaced.id());
        store.putEntry(to.id(), newName, subject.id());
        int moved = (subject.isDirectory() ? 1 : 0) - (replaced.isDirectory() ? 1 : 0);
        changeEntries(parent, version, 0, -moved);
        changeEntries(to, version, 0, moved);
        store.save(parent);
        store.save(to);
        renameSubject(subject, parent.id(), name, to.id(), newName, version);
        renameSubject(replaced, to.id(), newName, parent.id(), name, version);
    }

    private void renameSubject(
            InodeRecord record, long from, DirectBuffer name, long to, DirectBuffer newName, long version) {
        if (record.isNamed(from, name)) {
            record.name(to, newName, 0, newName.capacity());
        } else {
            store.dropName(record, from, name);
            store.addName(record, to, newName);
        }
        if (record.isDirectory()) {
            store.directories.clear();
        }
        touch(record, version);
        store.save(record);
    }

    private void requireChild(InodeRecord record, long parentId, DirectBuffer name) {
        Store.checkName(name);
        long inode = store.child(parentId, name);
        if (inode == 0) {
            throw new Refusal(NOT_FOUND, "no such name: parent=" + parentId + ", name=" + text(name));
        }
        store.require(record, inode);
    }

    private void changeEntries(InodeRecord directory, long version, int entries, int directories) {
        directory.size(directory.size() + entries);
        directory.linkCount(directory.linkCount() + directories);
        directory.mtimeNs(store.nowNs());
        touch(directory, version);
    }

    private void touch(InodeRecord record, long version) {
        record.ctimeNs(store.nowNs());
        record.version(version);
    }

    private static ChangeOperation operationFor(int type) {
        return switch (type) {
            case Inode.DIRECTORY -> ChangeOperation.MAKE_DIRECTORY;
            case Inode.SYMLINK -> ChangeOperation.SYMLINK;
            default -> ChangeOperation.CREATE;
        };
    }

    private static String text(DirectBuffer name) {
        return name.getStringWithoutLengthUtf8(0, name.capacity());
    }
}

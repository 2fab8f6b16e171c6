package org.apollofs.namespace.state;

import static org.apollofs.namespace.client.NamespaceError.INVALID;
import static org.apollofs.namespace.client.NamespaceError.IS_DIRECTORY;
import static org.apollofs.namespace.client.NamespaceError.NOT_DIRECTORY;
import static org.apollofs.namespace.client.NamespaceError.VALUE_TOO_LARGE;
import static org.apollofs.namespace.client.NamespaceError.VERSION_MISMATCH;

import java.util.List;
import org.agrona.DirectBuffer;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.ContentCommit;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceLimits;

/**
 * What files hold: attributes, committed content, values by key. Each method checks all that can be refused, then writes.
 * Owned by the apply thread.
 */
final class ContentCommands {
    private final Store store;
    private final ExtentTable extents;
    private final TreeCommands tree;
    private final InodeRecord file = new InodeRecord();
    private final PathName path = new PathName();
    /** Directory of the path resolved last. */
    private long directory;

    ContentCommands(Store store, ExtentTable extents, TreeCommands tree) {
        this.store = store;
        this.extents = extents;
        this.tree = tree;
    }

    // Attributes.

    Inode setAttributes(long session, long inode, AttributeChange change) {
        store.require(file, inode);
        boolean resized = change.size() != AttributeChange.KEEP;
        if (resized && file.isDirectory()) {
            throw new Refusal(IS_DIRECTORY, "is a directory: inode=" + inode);
        }
        if (resized && (change.size() < 0 || !file.isRegular())) {
            throw new Refusal(INVALID, "cannot be resized: inode=" + inode + ", size=" + change.size());
        }
        long version = store.changes.next();
        if (resized) {
            resize(change.size(), version);
        }
        if (change.mode() != AttributeChange.KEEP) {
            file.permissions((int) change.mode());
        }
        if (change.uid() != AttributeChange.KEEP) {
            file.uid((int) change.uid());
        }
        if (change.gid() != AttributeChange.KEEP) {
            file.gid((int) change.gid());
        }
        if (change.atimeNs() != AttributeChange.KEEP) {
            file.atimeNs(timeNs(change.atimeNs()));
        }
        if (change.mtimeNs() != AttributeChange.KEEP) {
            file.mtimeNs(timeNs(change.mtimeNs()));
        }
        finish(ChangeOperation.SET_ATTRIBUTES, session, version);
        return file.toInode();
    }

    private long timeNs(long requestedNs) {
        return requestedNs == AttributeChange.NOW ? store.nowNs() : requestedNs;
    }

    private void resize(long size, long version) {
        if (size < file.size()) {
            file.addExtents(extents.cut(file.id(), size, Long.MAX_VALUE));
            extents.free(file.id());
            if (file.inlineLength() > size) {
                cutInline((int) size);
            }
        }
        file.size(size);
        file.mtimeNs(store.nowNs());
        file.contentVersion(version);
    }

    private void cutInline(int length) {
        byte[] held = new byte[file.inlineLength()];
        inline(held);
        InlineValues.put(store, file, store.copyOf(held, length));
    }

    private void inline(byte[] to) {
        InlineValues.get(store.tables, store.txn(), store.key, file, to);
    }

    private void finish(ChangeOperation operation, long session, long version) {
        file.ctimeNs(store.nowNs());
        file.version(version);
        store.save(file);
        store.changes.append(operation, session, file);
    }

    // Commits.

    /**
     * Commits content.
     *
     * @param commit its {@code inline} is not looked at.
     * @param inline new inline bytes, or null to leave those there.
     */
    Inode commit(long session, ContentCommit commit, DirectBuffer inline) {
        store.require(file, commit.inode());
        checkCommit(commit, inline);
        long version = store.changes.next();
        if (commit.replace()) {
            dropContent();
        }
        if (inline != null) {
            InlineValues.put(store, file, inline);
        } else if (commit.replace()) {
            InlineValues.put(store, file, store.emptyValue());
        }
        List<Extent> laid = commit.extents();
        for (int i = 0; i < laid.size(); i++) {
            file.addExtents(extents.lay(file.id(), laid.get(i)));
        }
        extents.free(file.id());
        file.size(commit.replace() ? commit.size() : Math.max(file.size(), commit.size()));
        file.mtimeNs(commit.mtimeNs() == ContentCommit.NOW ? store.nowNs() : commit.mtimeNs());
        file.contentVersion(version);
        finish(ChangeOperation.COMMIT, session, version);
        return file.toInode();
    }

    private void checkCommit(ContentCommit commit, DirectBuffer inline) {
        if (!file.isRegular()) {
            throw new Refusal(file.isDirectory() ? IS_DIRECTORY : INVALID, "not a file: inode=" + commit.inode());
        }
        checkVersion(commit.expectedContentVersion(), file.contentVersion());
        long end = inline == null ? 0 : inline.capacity();
        if (inline != null) {
            checkInline(inline);
            if (!commit.replace() && commit.expectedContentVersion() == ContentCommit.ANY_VERSION) {
                throw new Refusal(INVALID, "inline bytes need replace or a version: inode=" + commit.inode());
            }
        }
        List<Extent> laid = commit.extents();
        for (int i = 0; i < laid.size(); i++) {
            extents.check(laid.get(i));
            end = Math.max(end, laid.get(i).end());
        }
        long size = commit.replace() ? commit.size() : Math.max(commit.size(), file.size());
        if (commit.size() < 0 || end > size) {
            throw new Refusal(
                    INVALID,
                    "content beyond the size: inode=" + commit.inode() + ", end=" + end + ", size=" + commit.size());
        }
    }

    private static void checkInline(DirectBuffer inline) {
        if (inline.capacity() > NamespaceLimits.INLINE_LENGTH) {
            throw new Refusal(
                    VALUE_TOO_LARGE,
                    "value too large: length=" + inline.capacity() + ", limit=" + NamespaceLimits.INLINE_LENGTH);
        }
    }

    private static void checkVersion(long expected, long actual) {
        if (expected != ContentCommit.ANY_VERSION && expected != actual) {
            throw new Refusal(VERSION_MISMATCH, "another version: expected=" + expected + ", actual=" + actual);
        }
    }

    /**
     * Drops the file's extents; their stripes are freed with the command's others. Inline bytes are for the caller to put
     * anew: one change of the table instead of two.
     */
    private void dropContent() {
        if (file.extentCount() > 0) {
            file.addExtents(extents.cut(file.id(), 0, Long.MAX_VALUE));
        }
    }

    // Keys.

    /** Sets a value. @param lease to attach the key to, or 0: it is detached. @return its version. */
    long put(long session, DirectBuffer keyPath, DirectBuffer value, long expectedVersion, long lease) {
        checkInline(value);
        if (lease != 0) {
            store.leases.require(lease);
        }
        path.parse(keyPath);
        long inode = resolve();
        if (inode != 0) {
            store.require(file, inode);
            StateReader.checkIsValue(file);
        }
        checkVersion(expectedVersion, inode == 0 ? KeyValue.ABSENT : file.contentVersion());
        store.changes.begin();
        if (inode == 0) {
            long parent = tree.makeParents(session, path);
            inode = tree.makeFile(parent, path.last());
            store.require(file, inode);
        }
        store.leases.attach(file, lease);
        long version = setValue(session, value);
        store.changes.end();
        return version;
    }

    /** Sets a value if it equals another. @return whether it did. */
    boolean compareAndSet(long session, DirectBuffer keyPath, DirectBuffer expected, DirectBuffer update) {
        checkInline(update);
        path.parse(keyPath);
        long inode = resolve();
        if (inode == 0) {
            return false;
        }
        store.require(file, inode);
        StateReader.checkIsValue(file);
        if (!valueEquals(expected)) {
            return false;
        }
        setValue(session, update);
        return true;
    }

    /** The file whose value was set last. */
    Inode lastSet() {
        return file.toInode();
    }

    /** Sets the value of the file that {@code file} holds. */
    private long setValue(long session, DirectBuffer value) {
        long version = store.changes.next();
        dropContent();
        extents.free(file.id());
        InlineValues.put(store, file, value);
        file.size(value.capacity());
        file.mtimeNs(store.nowNs());
        file.contentVersion(version);
        finish(ChangeOperation.PUT, session, version);
        return version;
    }

    private boolean valueEquals(DirectBuffer expected) {
        if (file.extentCount() > 0 || file.size() != expected.capacity()) {
            return false;
        }
        // Beyond the inline bytes, up to its size, a file reads as zeros.
        byte[] held = new byte[expected.capacity()];
        inline(held);
        for (int i = 0; i < held.length; i++) {
            if (held[i] != expected.getByte(i)) {
                return false;
            }
        }
        return true;
    }

    /** Deletes a file by path. @return whether there was one. */
    boolean delete(long session, DirectBuffer keyPath, long expectedVersion) {
        path.parse(keyPath);
        long inode = resolve();
        if (inode == 0) {
            checkVersion(expectedVersion, KeyValue.ABSENT);
            return false;
        }
        store.require(file, inode);
        if (file.isDirectory()) {
            throw new Refusal(IS_DIRECTORY, "is a directory: inode=" + inode);
        }
        checkVersion(expectedVersion, file.contentVersion());
        tree.delete(session, directory, path.last());
        return true;
    }

    /** Inode of the path, or 0 if it or a directory above it is missing. Refuses a file where a directory must be. */
    private long resolve() {
        directory = path.count() == 1
                ? Inode.ROOT
                : store.directories.find(path.buffer(), path.offset(), path.directoryLength());
        if (directory == 0) {
            directory = walk();
            if (directory == 0) {
                return 0;
            }
            store.directories.add(directory, path.buffer(), path.offset(), path.directoryLength());
        }
        return store.child(directory, path.last());
    }

    /** Goes to the directory of the path's last name, or 0. */
    private long walk() {
        long inode = Inode.ROOT;
        for (int i = 0; i < path.count() - 1 && inode != 0; i++) {
            inode = store.child(inode, path.name(i));
            if (inode != 0 && !store.require(file, inode).isDirectory()) {
                throw new Refusal(NOT_DIRECTORY, "not a directory: inode=" + inode);
            }
        }
        return inode;
    }

    // Comparisons of transactions: none is refused for what the tree holds.

    /** Whether there is anything at a path. */
    boolean exists(DirectBuffer keyPath) {
        return find(keyPath) != 0;
    }

    /** Whether what is at a path has a content version; 0 if there is nothing. */
    boolean hasVersion(DirectBuffer keyPath, long version) {
        long inode = find(keyPath);
        return version == (inode == 0 ? KeyValue.ABSENT : file.contentVersion());
    }

    /** Whether a file has a value. */
    boolean hasValue(DirectBuffer keyPath, DirectBuffer expected) {
        return find(keyPath) != 0 && file.isRegular() && valueEquals(expected);
    }

    /** Loads the inode of a path. @return it, or 0. */
    private long find(DirectBuffer keyPath) {
        path.parse(keyPath);
        long inode = Inode.ROOT;
        for (int i = 0; i < path.count() && inode != 0; i++) {
            inode = store.child(inode, path.name(i));
        }
        return inode != 0 && store.load(file, inode) ? inode : 0;
    }
}

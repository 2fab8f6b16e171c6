package org.apollofs.fuse;

import static org.apollofs.namespace.client.AttributeChange.KEEP;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.dataplane.client.OpenFile;
import org.apollofs.dataplane.client.ReadResult;
import org.apollofs.dataplane.client.WriteListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OpenFlags;
import org.apollofs.namespace.client.AttributeChange;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;

/**
 * The file system that both backends serve: POSIX in terms of inodes and handles, over the namespace and the data plane.
 *
 * <p>Thread-safe; calls wait, so they belong on the mount's workers. It owns its handles, not the namespace or the data
 * client. What changes names or attributes is durable on return; data is after {@link #flush} or {@link #fsync}. Reading
 * and writing allocate nothing here.
 *
 * <p>Errors are exceptions: {@link FuseException}, or those of the layers below; {@link ErrorNumbers} turns them into
 * numbers. Whether the caller may do what it asks is checked by the kernel (default_permissions).
 */
public final class ApolloFileSystem {
    /** No handle. */
    public static final long NO_HANDLE = 0;
    /** Most bytes of a name. */
    public static final int MAX_NAME_LENGTH = 255;

    /** As in fcntl.h: the kernel sends the access mode in these bits of the open flags. */
    private static final int ACCESS_MODE = 3;

    private final Namespace namespace;
    private final DataClient data;
    private final HandleTable<FileHandle> files = new HandleTable<>();
    private final Listings listings;
    private final OpenInodes openInodes = new OpenInodes();
    private final SeenInodes seen = new SeenInodes();
    private final ExtendedAttributes extendedAttributes;

    public ApolloFileSystem(Namespace namespace, DataClient data) {
        this.namespace = namespace;
        this.data = data;
        this.listings = new Listings(namespace, data);
        this.extendedAttributes = new ExtendedAttributes(namespace);
    }

    /** Slabs to receive payload in. */
    public DataClient dataClient() {
        return data;
    }

    /** Extended attributes of its inodes. */
    public ExtendedAttributes extendedAttributes() {
        return extendedAttributes;
    }

    /** @return the entry, or null if there is none. */
    public Inode lookup(long parent, byte[] name) {
        checkName(name);
        Inode inode = namespace.lookup(parent, name);
        return inode == null ? null : shown(inode);
    }

    /** Attributes. @throws FuseException ESTALE if the inode is gone. */
    public Inode getAttributes(long inode) {
        return shown(committed(inode));
    }

    /** The inode of an open file. */
    public long inodeOf(long handle) {
        return files.get(handle).inode().inode;
    }

    /**
     * Changes attributes.
     *
     * @param handle an open handle of the inode, or {@link #NO_HANDLE}.
     * @param dropPrivileges whether the set-user-id and set-group-id bits go (chown, or truncate by a user who may not
     *     keep them).
     * @return the inode after.
     */
    public Inode setAttributes(long inode, AttributeChange change, long handle, boolean dropPrivileges) {
        AttributeChange rest = change;
        if (dropPrivileges) {
            rest = droppingPrivileges(inode, rest);
        }
        if (rest.mtimeNs() != KEEP) {
            // Else the commit of what is written already would, later, set a time of its own.
            onWritten(inode, OpenFile::commit);
        }
        if (rest.size() != KEEP) {
            truncate(inode, rest.size(), handle);
            rest = new AttributeChange(rest.mode(), rest.uid(), rest.gid(), KEEP, rest.atimeNs(), rest.mtimeNs());
        }
        if (isNothing(rest)) {
            return getAttributes(inode);
        }
        if (rest.mode() != KEEP && Attributes.isPrivileged((int) rest.mode())) {
            markPrivileged(inode);
        }
        return shown(namespace.setAttributes(inode, rest));
    }

    /** Makes a directory. */
    public Inode makeDirectory(long parent, byte[] name, int mode, int uid, int gid) {
        checkName(name);
        long inherited = inheritedGroup(parent);
        return inherited < 0
                ? shown(namespace.makeDirectory(parent, name, mode & Attributes.PERMISSIONS, uid, gid))
                : shown(namespace.makeDirectory(
                        parent, name, (mode & Attributes.PERMISSIONS) | Attributes.SET_GROUP_ID, uid, (int) inherited));
    }

    /** Makes a regular file without opening it. @throws FuseException EPERM for any other type. */
    public Inode makeNode(long parent, byte[] name, int mode, int uid, int gid) {
        checkName(name);
        int type = mode & Inode.TYPE_MASK;
        if (type != Inode.REGULAR && type != 0) {
            throw new FuseException(
                    Errno.EPERM, "not supported: devices, pipes and sockets: mode=0" + Integer.toOctalString(mode));
        }
        return shown(createInode(parent, name, mode, uid, gid));
    }

    /** Makes a symbolic link. */
    public Inode symlink(long parent, byte[] name, byte[] target, int uid, int gid) {
        checkName(name);
        long inherited = inheritedGroup(parent);
        return shown(namespace.symlink(parent, name, target, uid, inherited < 0 ? gid : (int) inherited));
    }

    /** Where a symbolic link leads. */
    public byte[] readLink(long inode) {
        Inode link = committed(inode);
        if ((link.mode() & Inode.TYPE_MASK) != Inode.SYMLINK) {
            throw new FuseException(Errno.EINVAL, "not a symbolic link: inode=" + inode);
        }
        return namespace.readContent(inode).inline();
    }

    /** Gives a file one more name. */
    public Inode link(long inode, long newParent, byte[] newName) {
        checkName(newName);
        return shown(namespace.link(inode, newParent, newName));
    }

    /** Removes a name of a file. Whoever has it open on this host keeps it. */
    public void unlink(long parent, byte[] name) {
        checkName(name);
        Inode victim = namespace.lookup(parent, name);
        if (victim == null) {
            throw new FuseException(Errno.ENOENT, "unlink: no such name: parent=" + parent);
        }
        if (victim.isDirectory()) {
            throw new FuseException(Errno.EISDIR, "unlink: a directory: inode=" + victim.id());
        }
        Inode removed;
        boolean keepOpen;
        ReentrantLock lock = openInodes.lock(victim.id());
        lock.lock();
        try {
            keepOpen = openInodes.get(victim.id()) != null;
            removed = namespace.unlink(parent, name, keepOpen);
        } finally {
            lock.unlock();
        }
        onNameRemoved(removed, keepOpen);
    }

    /** Removes an empty directory. */
    public void removeDirectory(long parent, byte[] name) {
        checkName(name);
        namespace.removeDirectory(parent, name);
    }

    /**
     * Renames. A file that this host is writing is committed first, since a rename publishes: it fails if writes were lost
     * that no fsync or close has told anybody.
     *
     * @param flags 0, {@link Namespace#RENAME_NOREPLACE} or {@link Namespace#RENAME_EXCHANGE}.
     * @throws FuseException EINVAL for other flags (RENAME_WHITEOUT).
     */
    public void rename(long parent, byte[] name, long newParent, byte[] newName, int flags) {
        checkName(name);
        checkName(newName);
        if (flags != 0 && flags != Namespace.RENAME_NOREPLACE && flags != Namespace.RENAME_EXCHANGE) {
            throw new FuseException(Errno.EINVAL, "rename: not supported: flags=" + flags);
        }
        if (openInodes.anyWriter()) {
            Inode source = namespace.lookup(parent, name);
            if (source != null && source.isRegular()) {
                onWritten(source.id(), OpenFile::fsync);
            }
        }
        Inode replaced = flags == 0 ? namespace.lookup(newParent, newName) : null;
        if (replaced == null || !replaced.isRegular()) {
            namespace.rename(parent, name, newParent, newName, flags, false);
            return;
        }
        Inode removed;
        boolean keepOpen;
        ReentrantLock lock = openInodes.lock(replaced.id());
        lock.lock();
        try {
            keepOpen = openInodes.get(replaced.id()) != null;
            removed = namespace.rename(parent, name, newParent, newName, flags, keepOpen);
        } finally {
            lock.unlock();
        }
        onNameRemoved(removed, keepOpen);
    }

    /**
     * Makes a file and opens it, or opens the one that is there unless O_EXCL is among the flags.
     *
     * @param flags of open(2).
     */
    public OpenReply create(long parent, byte[] name, int flags, int mode, int uid, int gid) {
        checkName(name);
        Inode made;
        try {
            made = createInode(parent, name, mode, uid, gid);
        } catch (NamespaceException e) {
            Inode existing = e.error() == NamespaceError.EXISTS && (flags & OpenFlags.O_EXCL) == 0
                    ? namespace.lookup(parent, name)
                    : null;
            if (existing == null) {
                throw e;
            }
            return open(existing.id(), flags, false);
        }
        return openInode(made, flags & ~OpenFlags.O_TRUNC);
    }

    /**
     * Opens a file.
     *
     * @param flags of open(2).
     * @param dropPrivileges whether the set-user-id and set-group-id bits go (O_TRUNC by a user who may not keep them).
     */
    public OpenReply open(long inode, int flags, boolean dropPrivileges) {
        ReentrantLock lock = openInodes.lock(inode);
        lock.lock();
        try {
            Inode committed = committed(inode);
            if (committed.isDirectory()) {
                throw new FuseException(Errno.EISDIR, "open: a directory: inode=" + inode);
            }
            if (dropPrivileges && Attributes.isPrivileged(committed.mode())) {
                committed = namespace.setAttributes(inode, modeChange(Attributes.withoutPrivileges(committed.mode())));
            }
            return openLocked(committed, flags);
        } finally {
            lock.unlock();
        }
    }

    /** Reads; see {@link OpenFile#read}. */
    public void read(long handle, long fileOffset, int length, ReadResult result) {
        files.get(handle).file().read(fileOffset, length, result);
    }

    /**
     * Writes bytes, copied.
     *
     * @param isWriteBack whether these are pages of a shared mapping, through a handle that the kernel guessed: it looks
     *     neither at a count nor at what the error is for, so such a write succeeds or fails whole and for itself.
     * @return bytes written: where only the first ones were taken, those.
     */
    public int write(long handle, long fileOffset, DirectBuffer source, int offset, int length, boolean isWriteBack) {
        return files.get(handle).write(fileOffset, source, offset, length, isWriteBack);
    }

    /**
     * Writes a slab's first bytes, without a copy. The slab is taken over, also when the call throws.
     *
     * @param listener as {@link OpenFile#writeSlab} tells it; never where the file is open for synchronous writing.
     * @param isWriteBack as {@link #write} has it.
     * @return bytes written: where only the first ones were taken, those.
     */
    public int writeSlab(
            long handle, long fileOffset, Slab slab, int length, WriteListener listener, boolean isWriteBack) {
        FileHandle open;
        try {
            open = files.get(handle);
        } catch (FuseException e) {
            slab.release();
            throw e;
        }
        return open.writeSlab(fileOffset, slab, length, listener, isWriteBack);
    }

    /** Whether {@link #dropPrivileges} may have something to do: a cheap look before the question who the writer is. */
    public boolean hasPrivileges(long handle) {
        return files.get(handle).inode().privileged;
    }

    /**
     * Takes the set-user-id and set-group-id bits from an open file that was written to by a user who may not keep them.
     *
     * @return whether there were any.
     */
    public boolean dropPrivileges(long handle) {
        OpenInodes.OpenInode open = files.get(handle).inode();
        if (!open.privileged) {
            return false;
        }
        Inode inode = committed(open.inode);
        if (Attributes.isPrivileged(inode.mode())) {
            namespace.setAttributes(open.inode, modeChange(Attributes.withoutPrivileges(inode.mode())));
        }
        open.privileged = false;
        return true;
    }

    /** What close(2) waits for: what was written through this handle's inode is durable and committed. */
    public void flush(long handle) {
        FileHandle open = files.get(handle);
        if (open.writable()) {
            open.file().flush();
        }
    }

    /** Makes durable and commits. */
    public void fsync(long handle) {
        files.get(handle).file().fsync();
    }

    /** Ends a handle. */
    public void release(long handle) {
        FileHandle open = files.remove(handle);
        try {
            open.file().release();
        } finally {
            OpenInodes.OpenInode inode = open.inode();
            ReentrantLock lock = openInodes.lock(inode.inode);
            boolean orphan;
            lock.lock();
            try {
                orphan = openInodes.remove(inode, open.writable()) && inode.unlinked;
            } finally {
                lock.unlock();
            }
            if (orphan) {
                namespace.releaseUnlinked(inode.inode);
            }
        }
    }

    /** Opens a directory. @return a handle for {@link #readDirectory}. */
    public long openDirectory(long inode) {
        return listings.open(inode);
    }

    /**
     * Lists a directory from an offset on, until the sink is full or the names are at their end.
     *
     * @param offset 0, or an offset that this handle gave out.
     * @param expectedEntries how many entries the sink may take, roughly.
     */
    public void readDirectory(long handle, long offset, int expectedEntries, EntrySink sink) {
        listings.read(handle, offset, expectedEntries, sink);
    }

    /** Ends a directory's handle. */
    public void releaseDirectory(long handle) {
        listings.release(handle);
    }

    /** Figures for statfs. */
    public FileSystemSpace space() {
        DataClient.Space space = data.space();
        return new FileSystemSpace(
                space.totalBytes(), space.freeBytes(), namespace.inodeCount(), FileSystemSpace.FREE_INODES);
    }

    /** Called for entries that went to the kernel with their attributes. */
    public void noteListed(Inode inode) {
        seen.note(inode);
    }

    private OpenReply openInode(Inode inode, int flags) {
        ReentrantLock lock = openInodes.lock(inode.id());
        lock.lock();
        try {
            seen.note(inode);
            return openLocked(inode, flags);
        } finally {
            lock.unlock();
        }
    }

    private OpenReply openLocked(Inode committed, int flags) {
        long inode = committed.id();
        boolean truncate = (flags & OpenFlags.O_TRUNC) != 0;
        boolean writable = (flags & ACCESS_MODE) != OpenFlags.O_RDONLY || truncate;
        OpenFile file = data.open(committed, truncate);
        boolean first = openInodes.get(inode) == null;
        OpenInodes.OpenInode open = openInodes.add(inode, writable);
        open.privileged |= Attributes.isPrivileged(committed.mode());
        boolean direct = writable || open.writers > 0;
        boolean keepCache = false;
        if (writable) {
            seen.cachedContent(inode, SeenInodes.NO_VERSION);
        } else if (!direct) {
            keepCache = seen.cachedContent(inode) == committed.contentVersion();
            if (!keepCache) {
                // Beside an older handle the cache may yet be filled with what that one sees.
                seen.cachedContent(inode, first ? committed.contentVersion() : SeenInodes.NO_VERSION);
            }
        }
        boolean append = (flags & OpenFlags.O_APPEND) != 0;
        // O_SYNC has the bit of O_DSYNC in it.
        boolean synchronous = (flags & OpenFlags.O_DSYNC) != 0;
        long handle = files.add(new FileHandle(open, file, writable, append, synchronous));
        boolean outdated = seen.isOutdated(committed);
        return new OpenReply(Attributes.visible(committed, data), handle, writable, direct, keepCache, outdated);
    }

    private Inode createInode(long parent, byte[] name, int mode, int uid, int gid) {
        long inherited = inheritedGroup(parent);
        return namespace.create(
                parent, name, mode & Attributes.PERMISSIONS, uid, inherited < 0 ? gid : (int) inherited);
    }

    /** Group that new entries of a set-group-id directory get, or -1. */
    private long inheritedGroup(long parent) {
        long modeAndGroup = seen.modeAndGroup(parent);
        if (modeAndGroup == -1) {
            Inode directory = namespace.getAttributes(parent);
            if (directory == null) {
                throw new FuseException(Errno.ENOENT, "directory is gone: inode=" + parent);
            }
            seen.note(directory);
            modeAndGroup = (long) directory.mode() << 32 | (directory.gid() & 0xffff_ffffL);
        }
        return ((int) (modeAndGroup >>> 32) & Attributes.SET_GROUP_ID) != 0 ? modeAndGroup & 0xffff_ffffL : -1;
    }

    /** An inode without a name goes with its last handle, or now if there is none (any more). */
    private void onNameRemoved(Inode removed, boolean keptOpen) {
        if (removed == null || removed.linkCount() > 0 || !keptOpen) {
            return;
        }
        ReentrantLock lock = openInodes.lock(removed.id());
        lock.lock();
        try {
            OpenInodes.OpenInode open = openInodes.get(removed.id());
            if (open != null) {
                open.unlinked = true;
                return;
            }
        } finally {
            lock.unlock();
        }
        namespace.releaseUnlinked(removed.id());
    }

    private AttributeChange droppingPrivileges(long inode, AttributeChange change) {
        int mode =
                change.mode() != KEEP ? (int) change.mode() : committed(inode).mode();
        if (!Attributes.isPrivileged(mode)) {
            return change;
        }
        long cleared = Attributes.withoutPrivileges(mode) & Attributes.PERMISSIONS;
        return new AttributeChange(
                cleared, change.uid(), change.gid(), change.size(), change.atimeNs(), change.mtimeNs());
    }

    private void markPrivileged(long inode) {
        ReentrantLock lock = openInodes.lock(inode);
        lock.lock();
        try {
            OpenInodes.OpenInode open = openInodes.get(inode);
            if (open != null) {
                open.privileged = true;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Calls a file if it is open for writing, through a handle of its own. */
    private void onWritten(long inode, Consumer<OpenFile> call) {
        ReentrantLock lock = openInodes.lock(inode);
        OpenFile file;
        lock.lock();
        try {
            OpenInodes.OpenInode open = openInodes.get(inode);
            if (open == null || open.writers == 0) {
                return;
            }
            file = data.open(inode, false);
        } finally {
            lock.unlock();
        }
        try {
            call.accept(file);
        } finally {
            file.release();
        }
    }

    private void truncate(long inode, long size, long handle) {
        if (handle != NO_HANDLE) {
            files.get(handle).file().truncate(size);
            return;
        }
        ReentrantLock lock = openInodes.lock(inode);
        OpenFile file;
        lock.lock();
        try {
            if (!data.isOpen(inode)) {
                // Under the lock, so that nobody opens the file at its old size meanwhile.
                namespace.setAttributes(inode, AttributeChange.size(size));
                return;
            }
            file = data.open(inode, false);
        } finally {
            lock.unlock();
        }
        try {
            file.truncate(size);
        } finally {
            file.release();
        }
    }

    private Inode committed(long inode) {
        Inode committed = namespace.getAttributes(inode);
        if (committed == null) {
            throw new FuseException(Errno.ESTALE, "inode is gone: inode=" + inode);
        }
        return committed;
    }

    private Inode shown(Inode committed) {
        seen.note(committed);
        return Attributes.visible(committed, data);
    }

    private static AttributeChange modeChange(int mode) {
        return new AttributeChange(mode & Attributes.PERMISSIONS, KEEP, KEEP, KEEP, KEEP, KEEP);
    }

    private static boolean isNothing(AttributeChange change) {
        return change.mode() == KEEP
                && change.uid() == KEEP
                && change.gid() == KEEP
                && change.size() == KEEP
                && change.atimeNs() == KEEP
                && change.mtimeNs() == KEEP;
    }

    private static void checkName(byte[] name) {
        if (name.length > MAX_NAME_LENGTH) {
            throw new FuseException(Errno.ENAMETOOLONG, "name too long: length=" + name.length);
        }
    }
}

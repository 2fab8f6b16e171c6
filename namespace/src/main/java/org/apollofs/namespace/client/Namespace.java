package org.apollofs.namespace.client;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.List;

/**
 * The tree as a file system's host sees it. Linearizable; a change is durable when its call returns, as durable as the
 * profile's sync level says. Thread-safe: FUSE workers call it and wait, up to the client's deadline.
 *
 * <p>Names are bytes (no '/', no NUL, 1 to 255 of them). Every call may throw {@link NamespaceException}; the ones listed
 * are those a caller tells apart. Permission checks are the mount's ({@code default_permissions}).
 */
public interface Namespace extends AutoCloseable {
    /** The session under which this client commits and names stripes. */
    long session();

    /** @return the entry, or null if there is none. @throws NamespaceException NOT_FOUND (parent), NOT_DIRECTORY. */
    @CheckReturnValue
    Inode lookup(long parent, byte[] name);

    /** @return the inode, or null if it is gone. */
    @CheckReturnValue
    Inode getAttributes(long inode);

    /** Makes a regular file, empty. @throws NamespaceException EXISTS, NOT_DIRECTORY, NOT_FOUND. */
    Inode create(long parent, byte[] name, int mode, int uid, int gid);

    /** Makes a directory. @throws NamespaceException EXISTS, NOT_DIRECTORY, NOT_FOUND. */
    Inode makeDirectory(long parent, byte[] name, int mode, int uid, int gid);

    /** Makes a symbolic link; the target is its inline content. */
    Inode symlink(long parent, byte[] name, byte[] target, int uid, int gid);

    /** Gives a file one more name. @throws NamespaceException EXISTS, NOT_PERMITTED (directory). */
    Inode link(long inode, long newParent, byte[] newName);

    /**
     * Removes a name. The last one frees the content, unless {@code keepOpen}: then the inode lives on, without a name,
     * until {@link #releaseUnlinked} or the end of the session.
     *
     * @return the inode as it is now, link count lowered.
     * @throws NamespaceException NOT_FOUND, IS_DIRECTORY.
     */
    Inode unlink(long parent, byte[] name, boolean keepOpen);

    /** Removes an empty directory. @throws NamespaceException NOT_FOUND, NOT_DIRECTORY, NOT_EMPTY. */
    void removeDirectory(long parent, byte[] name);

    /** Renames without replacing: EXISTS if the new name is taken. As RENAME_NOREPLACE in rename(2). */
    int RENAME_NOREPLACE = 1;
    /** Swaps two names. As RENAME_EXCHANGE in rename(2). */
    int RENAME_EXCHANGE = 2;

    /**
     * Renames, over an existing name if there is one, in one step.
     *
     * @param flags 0, {@link #RENAME_NOREPLACE} or {@link #RENAME_EXCHANGE}.
     * @param keepReplacedOpen as {@code keepOpen} of {@link #unlink}, for a replaced file.
     * @return the replaced inode as it is now (link count lowered), or null.
     * @throws NamespaceException NOT_FOUND, NOT_EMPTY, IS_DIRECTORY, NOT_DIRECTORY, LOOP, EXISTS.
     */
    Inode rename(long parent, byte[] name, long newParent, byte[] newName, int flags, boolean keepReplacedOpen);

    /** Drops an unlinked inode that this session kept open. Idempotent. */
    void releaseUnlinked(long inode);

    /** Changes attributes, the size included. @return the inode after. */
    Inode setAttributes(long inode, AttributeChange change);

    /** Entries after a name (exclusive; null from the first), at most {@code limit}, in byte order. */
    @CheckReturnValue
    DirectoryPage readDirectory(long directory, byte[] after, int limit);

    /** What the file holds. @throws NamespaceException NOT_FOUND, IS_DIRECTORY. */
    @CheckReturnValue
    FileContent readContent(long inode);

    /** Commits content. @return the inode after. @throws NamespaceException VERSION_MISMATCH, FENCED, NOT_FOUND. */
    Inode commit(ContentCommit commit);

    /** The placement tables there are, by id. */
    @CheckReturnValue
    List<PlacementTable> placementTables();

    /** Adds a placement table under the next id, durably. @return the table with its id. */
    PlacementTable addPlacementTable(int dataChunks, int parityChunks, List<int[]> groups);

    /** Runs of stripes that no file refers to any more, oldest first: to be deleted on the targets. */
    @CheckReturnValue
    List<FreedRun> freedRuns(int limit);

    /** Says that the chunks of these runs are deleted. Idempotent. */
    void acknowledgeFreed(List<FreedRun> runs);

    /** All runs of stripes of files, a page of inodes at a time: for the orphan sweep. */
    @CheckReturnValue
    List<Extent> liveExtents(long afterInode, int inodeLimit, long[] lastInode);

    /** Which sessions are open, and who the namespace is: one point of the log, not before this call. */
    @CheckReturnValue
    OpenSessions sessions();

    /** Numbers for statfs: inodes in use. */
    @CheckReturnValue
    long inodeCount();

    // Extended attributes, as in xattr(7): names of 1 to 255 bytes, values of up to 64 KiB.

    /** Sets whether the attribute is there or not. */
    int XATTR_ANY = 0;
    /** The attribute must not be there: EXISTS. As XATTR_CREATE in setxattr(2). */
    int XATTR_CREATE = 1;
    /** The attribute must be there: NOT_FOUND. As XATTR_REPLACE in setxattr(2). */
    int XATTR_REPLACE = 2;

    /**
     * Sets an extended attribute. It moves ctime and version, not the content version.
     *
     * @param flags {@link #XATTR_ANY}, {@link #XATTR_CREATE} or {@link #XATTR_REPLACE}.
     * @throws NamespaceException NOT_FOUND (inode or attribute), EXISTS, NAME_TOO_LONG, VALUE_TOO_LARGE, NO_SPACE (the
     *     names of all take more than 64 KiB).
     */
    void setXattr(long inode, byte[] name, byte[] value, int flags);

    /** @return the attribute's value, or null if there is none. @throws NamespaceException NOT_FOUND (inode). */
    @CheckReturnValue
    byte[] getXattr(long inode, byte[] name);

    /** Names of the attributes, in byte order. @throws NamespaceException NOT_FOUND (inode). */
    @CheckReturnValue
    List<byte[]> listXattrs(long inode);

    /** Removes an attribute. @return whether there was one. @throws NamespaceException NOT_FOUND (inode). */
    boolean removeXattr(long inode, byte[] name);

    /** The same tree as keys and values. */
    KeyValue keyValue();

    /** The changes of the tree, in order. */
    ChangeLog changeLog();

    /** Ends the session in order. */
    @Override
    void close();
}

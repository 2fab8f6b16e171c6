package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.DirectoryEntry;
import org.apollofs.namespace.client.DirectoryPage;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.KeyPage;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.client.OpenSessions;
import org.apollofs.namespace.client.PlacementTable;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * Answers questions from the tables, under a transaction of the caller's: the batch's own, for a question that stands in
 * the log, or a reader's snapshot. Has scratch buffers, so each reader needs its own.
 */
final class StateReader {
    private final Tables tables;
    private final Key key = new Key();
    private final InodeRecord record = new InodeRecord();
    private final PathName path = new PathName();
    private final UnsafeBuffer pathBuffer = new UnsafeBuffer(0, 0);
    private Txn<DirectBuffer> txn;

    StateReader(Tables tables) {
        this.tables = tables;
    }

    /** All questions from now on are answered from this transaction. */
    StateReader under(Txn<DirectBuffer> transaction) {
        txn = transaction;
        return this;
    }

    /** A page of a file's extents. */
    record ContentPage(Inode inode, byte[] inline, List<Extent> extents, boolean more) {}

    /** A page of all extents; {@code nextOffset} is not 0 if there is more of {@code lastInode}. */
    record LiveExtents(List<Extent> extents, long lastInode, long nextOffset) {}

    private boolean load(long inode) {
        if (inode <= 0) {
            return false;
        }
        DirectBuffer value = tables.inodes.get(txn, key.of(inode));
        if (value == null) {
            return false;
        }
        record.load(inode, value);
        return true;
    }

    private void requireDirectory(long inode) {
        if (!load(inode)) {
            throw new Refusal(NamespaceError.NOT_FOUND, "no such directory: inode=" + inode);
        }
        if (!record.isDirectory()) {
            throw new Refusal(NamespaceError.NOT_DIRECTORY, "not a directory: inode=" + inode);
        }
    }

    private long child(long parent, DirectBuffer name) {
        DirectBuffer value = tables.entries.get(txn, key.of(parent, name, 0, name.capacity()));
        return value == null ? 0 : value.getLong(0);
    }

    /** The inode a name leads to, or null. */
    Inode lookup(long parent, DirectBuffer name) {
        Store.checkName(name);
        requireDirectory(parent);
        return attributes(child(parent, name));
    }

    /** The inode, or null. */
    Inode attributes(long inode) {
        return load(inode) ? record.toInode() : null;
    }

    /**
     * Entries of a directory.
     *
     * @param after exclusive, or null.
     * @param maxLength bytes of names and inodes at most (at least one entry comes).
     */
    DirectoryPage directory(long directory, DirectBuffer after, int limit, int maxLength) {
        requireDirectory(directory);
        List<DirectoryEntry> entries = new ArrayList<>(Math.min(limit, 1024));
        int length = 0;
        try (Cursor<DirectBuffer> cursor = tables.entries.openCursor(txn)) {
            boolean found = seekAfter(cursor, directory, after);
            while (found && cursor.key().getLong(0, BIG_ENDIAN) == directory) {
                if (entries.size() >= limit || length >= maxLength) {
                    return new DirectoryPage(entries, true);
                }
                DirectBuffer foundKey = cursor.key();
                byte[] name = new byte[foundKey.capacity() - Long.BYTES];
                foundKey.getBytes(Long.BYTES, name);
                long inode = cursor.val().getLong(0);
                if (!load(inode)) {
                    throw new IllegalStateException("an entry leads nowhere: directory=" + directory);
                }
                entries.add(new DirectoryEntry(name, record.toInode()));
                length += InodeRecord.NAME + 2 * name.length;
                found = cursor.next();
            }
        }
        return new DirectoryPage(entries, false);
    }

    private boolean seekAfter(Cursor<DirectBuffer> cursor, long directory, DirectBuffer after) {
        if (after == null) {
            return cursor.get(key.of(directory), GetOp.MDB_SET_RANGE);
        }
        if (after.capacity() > NamespaceLimits.NAME_LENGTH) {
            throw new Refusal(NamespaceError.NAME_TOO_LONG, "name too long: length=" + after.capacity());
        }
        boolean found = cursor.get(key.of(directory, after, 0, after.capacity()), GetOp.MDB_SET_RANGE);
        boolean same = found
                && cursor.key().capacity() == Long.BYTES + after.capacity()
                && cursor.key().getLong(0, BIG_ENDIAN) == directory
                && isName(cursor.key(), after);
        return same ? cursor.next() : found;
    }

    private static boolean isName(DirectBuffer entryKey, DirectBuffer name) {
        for (int i = 0; i < name.capacity(); i++) {
            if (entryKey.getByte(Long.BYTES + i) != name.getByte(i)) {
                return false;
            }
        }
        return true;
    }

    /** What a file holds: its extents from one that ends after {@code fromOffset} on. */
    ContentPage content(long inode, long fromOffset, int limit) {
        if (!load(inode)) {
            throw new Refusal(NamespaceError.NOT_FOUND, "no such inode: inode=" + inode);
        }
        if (record.isDirectory()) {
            throw new Refusal(NamespaceError.IS_DIRECTORY, "is a directory: inode=" + inode);
        }
        Inode attributes = record.toInode();
        List<Extent> extents = new ArrayList<>();
        boolean more = attributes.extentCount() > 0 && readExtents(inode, fromOffset, limit, extents);
        return new ContentPage(attributes, inline(), extents, more);
    }

    private boolean readExtents(long inode, long fromOffset, int limit, List<Extent> extents) {
        try (Cursor<DirectBuffer> cursor = tables.extents.openCursor(txn)) {
            boolean found = cursor.get(key.of(inode, fromOffset), GetOp.MDB_SET_RANGE);
            while (found && ExtentTable.inodeOf(cursor.key()) == inode) {
                if (extents.size() >= limit) {
                    return true;
                }
                extents.add(ExtentTable.decode(cursor.key(), cursor.val()));
                found = cursor.next();
            }
        }
        return false;
    }

    /** Inline bytes of the inode loaded last. */
    private byte[] inline() {
        byte[] bytes = new byte[record.inlineLength()];
        InlineValues.get(tables, txn, key, record, bytes);
        return bytes;
    }

    /** A value by path, or null if there is no such file. */
    KeyValue.Value key(DirectBuffer keyPath) {
        path.parse(keyPath);
        long inode = Inode.ROOT;
        for (int i = 0; i < path.count(); i++) {
            // A file in the middle of the path has no entries, so there is nothing below it.
            inode = child(inode, path.name(i));
            if (inode == 0) {
                return null;
            }
        }
        if (!load(inode)) {
            throw new IllegalStateException("an entry leads nowhere: inode=" + inode);
        }
        checkIsValue(record);
        Inode attributes = record.toInode();
        return new KeyValue.Value(value(), attributes.contentVersion(), attributes);
    }

    KeyValue.Value key(byte[] keyPath) {
        // Keys are copied into the table's own scratch buffer, so a path on the heap will do.
        pathBuffer.wrap(keyPath);
        return key(pathBuffer);
    }

    /** Refuses what has no value: a directory, a symbolic link. */
    static void checkIsValue(InodeRecord record) {
        if (record.isDirectory()) {
            throw new Refusal(NamespaceError.IS_DIRECTORY, "is a directory: inode=" + record.id());
        }
        if (!record.isRegular()) {
            throw new Refusal(NamespaceError.INVALID, "is a symbolic link: inode=" + record.id());
        }
    }

    /** Bytes of the file loaded last, if its inline bytes are all (what is beyond them is zeros); else null. */
    byte[] value() {
        if (record.extentCount() > 0 || record.size() > NamespaceLimits.INLINE_LENGTH) {
            return null;
        }
        byte[] bytes = new byte[(int) record.size()];
        InlineValues.get(tables, txn, key, record, bytes);
        return bytes;
    }

    /** The placement table with the lowest id above one, or null. */
    PlacementTable placementAfter(int id) {
        try (Cursor<DirectBuffer> cursor = tables.placements.openCursor(txn)) {
            if (!cursor.get(key.of(id + 1L), GetOp.MDB_SET_RANGE)) {
                return null;
            }
            return PlacementRecord.decode((int) cursor.key().getLong(0, BIG_ENDIAN), cursor.val());
        }
    }

    /** Freed runs, oldest first. */
    List<FreedRun> freed(int limit) {
        List<FreedRun> runs = new ArrayList<>();
        try (Cursor<DirectBuffer> cursor = tables.freed.openCursor(txn)) {
            boolean found = cursor.first();
            while (found && runs.size() < limit) {
                DirectBuffer value = cursor.val();
                runs.add(new FreedRun(
                        cursor.key().getLong(0, BIG_ENDIAN),
                        value.getLong(0),
                        value.getLong(8),
                        value.getLong(16),
                        value.getInt(24)));
                found = cursor.next();
            }
        }
        return runs;
    }

    /** Extents of the inodes after one; those without extents do not count. */
    LiveExtents liveExtents(long afterInode, int inodeLimit, long fromOffset, int limit) {
        List<Extent> extents = new ArrayList<>();
        long inode = afterInode;
        int inodes = fromOffset > 0 ? 1 : 0;
        try (Cursor<DirectBuffer> cursor = tables.extents.openCursor(txn)) {
            DirectBuffer start = fromOffset > 0 ? key.of(afterInode, fromOffset) : key.of(afterInode + 1);
            boolean found = cursor.get(start, GetOp.MDB_SET_RANGE);
            while (found) {
                long of = ExtentTable.inodeOf(cursor.key());
                boolean full = extents.size() >= limit;
                if (of != inode && (full || ++inodes > inodeLimit)) {
                    break;
                }
                if (full) {
                    return new LiveExtents(extents, inode, cursor.key().getLong(8, BIG_ENDIAN));
                }
                inode = of;
                extents.add(ExtentTable.decode(cursor.key(), cursor.val()));
                found = cursor.next();
            }
        }
        return new LiveExtents(extents, inode, 0);
    }

    /** Inodes in use. */
    long inodeCount() {
        return Meta.read(tables.meta.get(txn, key.of(0)), Meta.INODE_COUNT);
    }

    /** Which sessions are open, as the tables have it. */
    OpenSessions sessions() {
        DirectBuffer meta = tables.meta.get(txn, key.of(Meta.COUNTERS));
        NamespaceIdentity identity = Meta.identity(meta);
        long next = Meta.read(meta, Meta.NEXT_SESSION);
        DirectBuffer record = tables.meta.get(txn, key.of(Meta.OPEN_SESSIONS));
        long[] open = new long[record == null ? 0 : record.capacity() / Long.BYTES];
        for (int i = 0; i < open.length; i++) {
            open[i] = record.getLong(i * Long.BYTES);
        }
        return new OpenSessions(identity, next, open);
    }

    /** Position in the log of the last command of the last batch. */
    long appliedPosition() {
        return Meta.read(tables.meta.get(txn, key.of(0)), Meta.APPLIED_POSITION);
    }

    /** Keys with a prefix, after one (exclusive, or null). */
    KeyPage scan(byte[] prefix, byte[] after, int limit, boolean keysOnly) {
        return KeyScan.page(this, tables, txn, relative(prefix), relative(after), limit, keysOnly);
    }

    /** A path without its leading slash. */
    private static byte[] relative(byte[] absolute) {
        boolean hasSlash = absolute != null && absolute.length > 0 && absolute[0] == '/';
        return hasSlash ? Arrays.copyOfRange(absolute, 1, absolute.length) : absolute;
    }

    /** An extended attribute, or null. */
    byte[] xattr(long inode, DirectBuffer name) {
        XattrTable.checkName(name);
        requireInode(inode);
        return XattrTable.get(tables, txn, key, inode, name);
    }

    /** Names of the extended attributes. */
    List<byte[]> xattrNames(long inode) {
        requireInode(inode);
        return record.has(InodeRecord.HAS_XATTRS) ? XattrTable.names(tables, txn, key, inode) : List.of();
    }

    private void requireInode(long inode) {
        if (!load(inode)) {
            throw new Refusal(NamespaceError.NOT_FOUND, "no such inode: inode=" + inode);
        }
    }
}

package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Inode;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * The tables under the write transaction of the present batch, and what all commands need of them: inodes, names, paths,
 * the clock of the log. Owned by the apply thread.
 *
 * <p>A buffer that a table hands out is valid until the next change of any table: copy it first.
 */
final class Store {
    /** Rows of inodes and of entries that are kept in memory: 2.5 MiB. A longer one is looked up in its table. */
    private static final int KEPT_INODES = 4096;

    private static final int KEPT_INODE_LENGTH = 512;
    private static final int KEPT_ENTRIES = 4096;
    private static final int KEPT_ENTRY_LENGTH = 128;

    final Tables tables;
    final Meta meta = new Meta();
    final Key key = new Key();
    final DirectoryCache directories = new DirectoryCache();
    final ChangeTable changes;
    final LeaseTable leases;
    final XattrTable xattrs;

    private final RowCache inodes;
    private final RowCache entries;
    private final UnsafeBuffer number = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
    private final UnsafeBuffer empty = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES), 0, 0);
    private final InodeRecord walked = new InodeRecord();
    private final UnsafeBuffer path =
            new UnsafeBuffer(ByteBuffer.allocateDirect(NamespaceLimits.PATH_LENGTH + NamespaceLimits.NAME_LENGTH + 1));
    private final UnsafeBuffer linkName = new UnsafeBuffer(ByteBuffer.allocateDirect(NamespaceLimits.NAME_LENGTH));
    private final UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(NamespaceLimits.INLINE_LENGTH));
    private final UnsafeBuffer valueView = new UnsafeBuffer(0, 0);
    private Txn<DirectBuffer> txn;
    private long mostBetweenNs = Long.MAX_VALUE;

    Store(Tables tables) {
        this.tables = tables;
        inodes = new RowCache(KEPT_INODES, KEPT_INODE_LENGTH, new OpenTable(tables.inodes));
        entries = new RowCache(KEPT_ENTRIES, KEPT_ENTRY_LENGTH, new OpenTable(tables.entries));
        changes = new ChangeTable(this);
        leases = new LeaseTable(this);
        xattrs = new XattrTable(this);
    }

    /** A table under the transaction of the present batch. */
    private final class OpenTable implements RowCache.Table {
        private final Dbi<DirectBuffer> table;

        OpenTable(Dbi<DirectBuffer> table) {
            this.table = table;
        }

        @Override
        public DirectBuffer read(DirectBuffer rowKey) {
            return table.get(txn, rowKey);
        }

        @Override
        public void write(DirectBuffer rowKey, DirectBuffer value) {
            table.put(txn, rowKey, value);
        }
    }

    /** The tables change under this transaction from now on. */
    void begin(Txn<DirectBuffer> batch) {
        txn = batch;
    }

    Txn<DirectBuffer> txn() {
        return txn;
    }

    /** Puts what is kept in memory into the tables: whoever reads them directly finds all. */
    void flush() {
        changes.flush();
        inodes.flush();
    }

    /** Changes of the tables are undone, or others were made: what is known of them in memory is forgotten. */
    void forget() {
        directories.clear();
        inodes.clear();
        entries.clear();
        changes.onAbort();
    }

    /** Time of the log, ns since the epoch. */
    long nowNs() {
        return meta.get(Meta.TIME_NS);
    }

    /** Time by which leases run, ns: that of the log, of which no more counts between two records than {@link #countAtMost}. */
    long servedNs() {
        return meta.get(Meta.SERVED_NS);
    }

    /** Between two records of the log, leases run for no longer than this. Never changes, and is the same in all members. */
    void countAtMost(long betweenNs) {
        mostBetweenNs = betweenNs;
    }

    /** Time goes on; a clock that was set back does not take it along. */
    void advanceTime(long timestampNs) {
        long passedNs = Math.max(0, timestampNs - nowNs());
        meta.set(Meta.TIME_NS, nowNs() + passedNs);
        // A snapshot may be older than this counter.
        meta.set(Meta.SERVED_NS, servedNs() == 0 ? nowNs() : servedNs() + Math.min(passedNs, mostBetweenNs));
    }

    DirectBuffer emptyValue() {
        return empty;
    }

    /** The first bytes of an array off heap, as a table takes them; valid until the next call. */
    DirectBuffer copyOf(byte[] bytes, int length) {
        value.putBytes(0, bytes, 0, length);
        valueView.wrap(value, 0, length);
        return valueView;
    }

    DirectBuffer number(long n) {
        number.putLong(0, n);
        return number;
    }

    // Inodes.

    boolean load(InodeRecord record, long inode) {
        if (inode <= 0) {
            return false;
        }
        DirectBuffer value = inodes.get(key.of(inode));
        if (value == null) {
            return false;
        }
        record.load(inode, value);
        return true;
    }

    InodeRecord require(InodeRecord record, long inode) {
        if (!load(record, inode)) {
            throw new Refusal(NamespaceError.NOT_FOUND, "no such inode: inode=" + inode);
        }
        return record;
    }

    InodeRecord requireDirectory(InodeRecord record, long inode) {
        require(record, inode);
        if (!record.isDirectory()) {
            throw new Refusal(NamespaceError.NOT_DIRECTORY, "not a directory: inode=" + inode);
        }
        return record;
    }

    void save(InodeRecord record) {
        inodes.change(key.of(record.id()), record.value());
    }

    void remove(InodeRecord record) {
        DirectBuffer rowKey = key.of(record.id());
        tables.inodes.delete(txn, rowKey);
        inodes.remove(rowKey);
    }

    // Entries.

    /** Inode that a name leads to, or 0. */
    long child(long parent, DirectBuffer name) {
        DirectBuffer value = entries.get(key.of(parent, name, 0, name.capacity()));
        return value == null ? 0 : value.getLong(0);
    }

    void putEntry(long parent, DirectBuffer name, long inode) {
        DirectBuffer rowKey = key.of(parent, name, 0, name.capacity());
        tables.entries.put(txn, rowKey, number(inode));
        entries.put(rowKey, number);
    }

    void removeEntry(long parent, DirectBuffer name) {
        DirectBuffer rowKey = key.of(parent, name, 0, name.capacity());
        tables.entries.delete(txn, rowKey);
        entries.remove(rowKey);
    }

    /** Refuses a name that cannot stand in a directory. */
    static void checkName(DirectBuffer name) {
        int length = name.capacity();
        if (length > NamespaceLimits.NAME_LENGTH) {
            throw new Refusal(
                    NamespaceError.NAME_TOO_LONG,
                    "name too long: length=" + length + ", limit=" + NamespaceLimits.NAME_LENGTH);
        }
        boolean dots = length <= 2;
        for (int i = 0; i < length; i++) {
            byte b = name.getByte(i);
            dots &= b == '.';
            if (b == '/' || b == 0) {
                throw new Refusal(NamespaceError.INVALID, "name with a slash or NUL: at=" + i);
            }
        }
        if (dots) {
            throw new Refusal(NamespaceError.INVALID, "not a name: empty, '.' or '..'");
        }
    }

    // Names of an inode: one in its record, more in the table of links.

    void addName(InodeRecord record, long parent, DirectBuffer name) {
        if (record.nameLength() == 0) {
            record.name(parent, name, 0, name.capacity());
        } else {
            tables.links.put(txn, key.of(record.id(), parent, name, 0, name.capacity()), empty);
        }
    }

    void dropName(InodeRecord record, long parent, DirectBuffer name) {
        if (!record.isNamed(parent, name)) {
            tables.links.delete(txn, key.of(record.id(), parent, name, 0, name.capacity()));
        } else if (record.linkCount() <= 1 || record.isDirectory()) {
            record.name(0, name, 0, 0);
        } else {
            promoteLink(record);
        }
    }

    /** The first further name becomes the one in the record. */
    private void promoteLink(InodeRecord record) {
        long parent;
        int length;
        try (Cursor<DirectBuffer> cursor = tables.links.openCursor(txn)) {
            if (!cursor.get(key.of(record.id(), 0), GetOp.MDB_SET_RANGE)) {
                throw new IllegalStateException("an inode lacks a name: inode=" + record.id());
            }
            DirectBuffer found = cursor.key();
            parent = found.getLong(8, BIG_ENDIAN);
            length = found.capacity() - 16;
            linkName.putBytes(0, found, 16, length);
        }
        tables.links.delete(txn, key.of(record.id(), parent, linkName, 0, length));
        record.name(parent, linkName, 0, length);
    }

    // Paths.

    /**
     * Builds the path of a name, without a leading slash, at the end of {@link #path()}.
     *
     * @return its length, or -1 if it is longer than the limit.
     */
    int buildPath(long parent, DirectBuffer name, int offset, int length) {
        int end = path.capacity() - length;
        path.putBytes(end, name, offset, length);
        int start = parent == Inode.ROOT ? end : putDirectory(parent, end);
        int total = path.capacity() - start;
        return start < 0 || total > NamespaceLimits.PATH_LENGTH ? -1 : total;
    }

    /** Puts the path of a directory, and a slash, before an offset. @return where it begins; -1 if it is too long. */
    private int putDirectory(long directory, int end) {
        byte[] known = directories.path(directory);
        if (known != null) {
            int start = end - 1 - known.length;
            path.putBytes(start, known);
            path.putByte(end - 1, (byte) '/');
            return start;
        }
        int start = end;
        for (long inode = directory; inode != Inode.ROOT; inode = walked.parent()) {
            if (!load(walked, inode)) {
                throw new IllegalStateException("a directory lacks a parent: inode=" + inode);
            }
            start -= walked.nameLength() + 1;
            if (path.capacity() - start > NamespaceLimits.PATH_LENGTH) {
                return -1;
            }
            path.putBytes(start, walked.nameBuffer(), InodeRecord.NAME, walked.nameLength());
            path.putByte(start + walked.nameLength(), (byte) '/');
        }
        directories.add(directory, path, start, end - 1 - start);
        return start;
    }

    /** Buffer that ends with the path built last. */
    DirectBuffer path() {
        return path;
    }

    /** Refuses a new name whose path would be too long. */
    void checkPath(long parent, DirectBuffer name) {
        if (buildPath(parent, name, 0, name.capacity()) < 0) {
            throw new Refusal(
                    NamespaceError.PATH_TOO_LONG,
                    "path too long: parent=" + parent + ", limit=" + NamespaceLimits.PATH_LENGTH);
        }
    }

    /** Whether {@code directory} is {@code ancestor} or lies below it. */
    boolean isBelow(long directory, long ancestor) {
        long inode = directory;
        while (inode != ancestor) {
            if (inode == Inode.ROOT || !load(walked, inode)) {
                return false;
            }
            inode = walked.parent();
        }
        return true;
    }
}

package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * Extended attributes of inodes. An inode that has some carries a flag, so that the others cost nothing. Owned by the apply
 * thread, but for the static reads.
 */
final class XattrTable {
    private final Store store;
    private final UnsafeBuffer copy = new UnsafeBuffer(ByteBuffer.allocateDirect(NamespaceLimits.ATTRIBUTE_LENGTH));
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);

    XattrTable(Store store) {
        this.store = store;
    }

    /** Refuses a name that is none. */
    static void checkName(DirectBuffer name) {
        if (name.capacity() == 0) {
            throw new Refusal(NamespaceError.INVALID, "a name has at least one byte");
        }
        if (name.capacity() > NamespaceLimits.ATTRIBUTE_NAME_LENGTH) {
            throw new Refusal(
                    NamespaceError.NAME_TOO_LONG,
                    "name too long: length=" + name.capacity() + ", limit=" + NamespaceLimits.ATTRIBUTE_NAME_LENGTH);
        }
        for (int i = 0; i < name.capacity(); i++) {
            if (name.getByte(i) == 0) {
                throw new Refusal(NamespaceError.INVALID, "name with a NUL: at=" + i);
            }
        }
    }

    boolean exists(long inode, DirectBuffer name) {
        return store.tables.xattrs.get(store.txn(), key(store.key, inode, name)) != null;
    }

    /** Bytes of the inode's names, a NUL after each. */
    int namesLength(long inode) {
        int length = 0;
        try (Cursor<DirectBuffer> cursor = store.tables.xattrs.openCursor(store.txn())) {
            boolean found = cursor.get(store.key.of(inode), GetOp.MDB_SET_RANGE);
            while (found && cursor.key().getLong(0, BIG_ENDIAN) == inode) {
                length += cursor.key().capacity() - Long.BYTES + 1;
                found = cursor.next();
            }
        }
        return length;
    }

    void put(InodeRecord record, DirectBuffer name, DirectBuffer value) {
        copy.putBytes(0, value, 0, value.capacity());
        view.wrap(copy, 0, value.capacity());
        store.tables.xattrs.put(store.txn(), key(store.key, record.id(), name), view);
        record.flag(InodeRecord.HAS_XATTRS, true);
    }

    /** @return whether there was one. */
    boolean remove(InodeRecord record, DirectBuffer name) {
        boolean existed = store.tables.xattrs.delete(store.txn(), key(store.key, record.id(), name));
        if (existed && namesLength(record.id()) == 0) {
            record.flag(InodeRecord.HAS_XATTRS, false);
        }
        return existed;
    }

    /** Removes all attributes of an inode that goes. */
    void drop(InodeRecord record) {
        if (!record.has(InodeRecord.HAS_XATTRS)) {
            return;
        }
        try (Cursor<DirectBuffer> cursor = store.tables.xattrs.openCursor(store.txn())) {
            while (cursor.get(store.key.of(record.id()), GetOp.MDB_SET_RANGE)
                    && cursor.key().getLong(0, BIG_ENDIAN) == record.id()) {
                cursor.delete();
            }
        }
    }

    private static DirectBuffer key(Key key, long inode, DirectBuffer name) {
        return key.of(inode, name, 0, name.capacity());
    }

    /** A value, or null. */
    static byte[] get(Tables tables, Txn<DirectBuffer> txn, Key key, long inode, DirectBuffer name) {
        DirectBuffer value = tables.xattrs.get(txn, key(key, inode, name));
        if (value == null) {
            return null;
        }
        byte[] bytes = new byte[value.capacity()];
        value.getBytes(0, bytes);
        return bytes;
    }

    /** Names in byte order. */
    static List<byte[]> names(Tables tables, Txn<DirectBuffer> txn, Key key, long inode) {
        List<byte[]> names = new ArrayList<>();
        try (Cursor<DirectBuffer> cursor = tables.xattrs.openCursor(txn)) {
            boolean found = cursor.get(key.of(inode), GetOp.MDB_SET_RANGE);
            while (found && cursor.key().getLong(0, BIG_ENDIAN) == inode) {
                byte[] name = new byte[cursor.key().capacity() - Long.BYTES];
                cursor.key().getBytes(Long.BYTES, name);
                names.add(name);
                found = cursor.next();
            }
        }
        return names;
    }
}

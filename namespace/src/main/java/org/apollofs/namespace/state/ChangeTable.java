package org.apollofs.namespace.state;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.NamespaceLimits;

/**
 * The change log: an entry per committed change, with gapless sequence numbers from 1. The sequence is the version that
 * the changed inodes take.
 *
 * <pre>
 *  0        8       16       24     32            40        48     52           56
 *  | timeNs | inode | parent | size | transaction | session | op | pathLength | otherLength | path | other path |
 * </pre>
 *
 * Little-endian. {@code transaction} is the sequence of the transaction's entry. A path is that at the time of the change;
 * it is left empty if it had grown beyond the limit (a directory above it was renamed): then inode and parent say what it
 * was. Retention is by bytes, and by age once a tick: both from the log, so that all replicas drop the same.
 */
final class ChangeTable {
    private static final int TIME = 0;
    private static final int INODE = 8;
    private static final int PARENT = 16;
    private static final int SIZE = 24;
    private static final int TRANSACTION = 32;
    private static final int SESSION = 40;
    private static final int OPERATION = 48;
    private static final int PATH_LENGTH = 52;
    private static final int OTHER_LENGTH = 56;
    private static final int PATH = 60;

    /** Bytes of entries that are kept. */
    private static final long RETAINED_BYTES = 256L << 20;
    /** Age up to which entries are kept: 7 days. */
    private static final long RETAINED_NS = 7L * 24 * 3600 * 1_000_000_000L;
    /** Entries dropped at most with one command, so that no command takes long. */
    private static final int MAX_DROPS = 4;
    /** What an entry takes beside its value: key, and LMDB's node header. */
    private static final int OVERHEAD = 24;

    private final Store store;
    private final UnsafeBuffer entry =
            new UnsafeBuffer(ByteBuffer.allocateDirect(PATH + 2 * NamespaceLimits.PATH_LENGTH));
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private int otherLength;

    ChangeTable(Store store) {
        this.store = store;
    }

    /** Sequence that the change now being applied will have. */
    long next() {
        return store.meta.get(Meta.LAST_CHANGE) + 1;
    }

    /** Notes the path before the change of a rename, or the second one of an exchange. */
    void otherPath(long parent, DirectBuffer name) {
        int length = store.buildPath(parent, name, 0, name.capacity());
        otherLength = Math.max(length, 0);
        entry.putBytes(PATH + NamespaceLimits.PATH_LENGTH, store.path(), pathOffset(otherLength), otherLength);
    }

    /** Appends the entry of a change at a name. */
    void append(ChangeOperation operation, long session, long inode, long size, long parent, DirectBuffer name) {
        append(operation, session, inode, size, parent, name, 0, name.capacity());
    }

    /** Appends the entry of a change of an inode, under the name in its record. */
    void append(ChangeOperation operation, long session, InodeRecord record) {
        append(
                operation,
                session,
                record.id(),
                record.size(),
                record.parent(),
                record.nameBuffer(),
                InodeRecord.NAME,
                record.nameLength());
    }

    private void append(
            ChangeOperation operation,
            long session,
            long inode,
            long size,
            long parent,
            DirectBuffer name,
            int nameOffset,
            int nameLength) {
        // An unlinked file, or the root, has no path.
        int pathLength = parent == 0 ? 0 : Math.max(0, store.buildPath(parent, name, nameOffset, nameLength));
        long sequence = next();
        entry.putLong(TIME, store.nowNs());
        entry.putLong(INODE, inode);
        entry.putLong(PARENT, parent);
        entry.putLong(SIZE, size);
        entry.putLong(TRANSACTION, sequence);
        entry.putLong(SESSION, session);
        entry.putInt(OPERATION, operation.code());
        entry.putInt(PATH_LENGTH, pathLength);
        entry.putInt(OTHER_LENGTH, otherLength);
        entry.putBytes(PATH, store.path(), pathOffset(pathLength), pathLength);
        entry.putBytes(PATH + pathLength, entry, PATH + NamespaceLimits.PATH_LENGTH, otherLength);
        view.wrap(entry, 0, PATH + pathLength + otherLength);
        otherLength = 0;
        store.tables.changes.put(store.txn(), store.key.of(sequence), view);
        store.meta.set(Meta.LAST_CHANGE, sequence);
        store.meta.add(Meta.CHANGE_BYTES, view.capacity() + OVERHEAD);
        for (int i = 0; i < MAX_DROPS && store.meta.get(Meta.CHANGE_BYTES) > RETAINED_BYTES; i++) {
            dropFirst(Long.MAX_VALUE);
        }
    }

    /** Drops what is too old, a bounded number at a time. */
    void expire(int atMost) {
        for (int i = 0; i < atMost; i++) {
            if (!dropFirst(store.nowNs() - RETAINED_NS)) {
                return;
            }
        }
    }

    private boolean dropFirst(long olderThanNs) {
        long first = store.meta.get(Meta.FIRST_CHANGE);
        DirectBuffer value = store.tables.changes.get(store.txn(), store.key.of(first));
        if (value == null || value.getLong(TIME) >= olderThanNs) {
            return false;
        }
        store.meta.add(Meta.CHANGE_BYTES, -(value.capacity() + OVERHEAD));
        store.meta.set(Meta.FIRST_CHANGE, first + 1);
        store.tables.changes.delete(store.txn(), store.key.of(first));
        return true;
    }

    private int pathOffset(int length) {
        return store.path().capacity() - length;
    }
}

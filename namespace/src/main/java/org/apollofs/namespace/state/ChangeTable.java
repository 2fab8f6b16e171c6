package org.apollofs.namespace.state;

import static org.apollofs.namespace.command.ChangeRecord.INODE;
import static org.apollofs.namespace.command.ChangeRecord.OPERATION;
import static org.apollofs.namespace.command.ChangeRecord.OTHER_LENGTH;
import static org.apollofs.namespace.command.ChangeRecord.PARENT;
import static org.apollofs.namespace.command.ChangeRecord.PATH;
import static org.apollofs.namespace.command.ChangeRecord.PATH_LENGTH;
import static org.apollofs.namespace.command.ChangeRecord.SESSION;
import static org.apollofs.namespace.command.ChangeRecord.SIZE;
import static org.apollofs.namespace.command.ChangeRecord.TIME;
import static org.apollofs.namespace.command.ChangeRecord.TRANSACTION;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.ChangeRecord;

/**
 * The change log: an entry per committed change, with gapless sequence numbers from 1. The sequence is the version that
 * the changed inodes take.
 *
 * <p>An entry is a {@link ChangeRecord}. Entries of one transaction are neighbours and carry the sequence of the last of
 * them. A path is that at the time of the change; it is left empty if it had grown beyond the limit (a directory above it
 * was renamed): then inode and parent say what it
 * was. Retention is by bytes, and by age once a tick: both from the log, so that all replicas drop the same.
 */
final class ChangeTable {
    /** Bytes of entries that are kept. */
    private static final long RETAINED_BYTES = 256L << 20;
    /** Age up to which entries are kept: 7 days. */
    private static final long RETAINED_NS = 7L * 24 * 3600 * 1_000_000_000L;
    /** Entries dropped at most with one command, so that no command takes long. */
    private static final int MAX_DROPS = 4;
    /** What an entry takes beside its value: key, and LMDB's node header. */
    private static final int OVERHEAD = 24;

    private final Store store;
    private int depth;
    private long groupFirst;
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

    /** Entries from here to {@link #end} are one transaction. May be nested: the outermost counts. */
    void begin() {
        if (depth++ == 0) {
            groupFirst = next();
        }
    }

    /** Ends what {@link #begin} began. @return the transaction's number; 0 if there was no change. */
    long end() {
        long last = store.meta.get(Meta.LAST_CHANGE);
        if (--depth > 0 || last < groupFirst) {
            return 0;
        }
        for (long sequence = groupFirst; sequence < last; sequence++) {
            DirectBuffer value = store.tables.changes.get(store.txn(), store.key.of(sequence));
            if (value != null) {
                view.wrap(entry, 0, value.capacity());
                view.putBytes(0, value, 0, value.capacity());
                view.putLong(TRANSACTION, last);
                store.tables.changes.put(store.txn(), store.key.of(sequence), view);
            }
        }
        return last;
    }

    /** What was begun is aborted, and so are its entries. */
    void abandon() {
        depth = 0;
        otherLength = 0;
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
        for (int i = 0; i < MAX_DROPS && isOverfull(); i++) {
            dropFirst(Long.MAX_VALUE);
        }
    }

    /** Drops what is too old or too much, a bounded number at a time. */
    void expire(int atMost) {
        long retainedNs = store.meta.get(Meta.RETAINED_NS);
        long oldestNs = store.nowNs() - (retainedNs == 0 ? RETAINED_NS : retainedNs);
        for (int i = 0; i < atMost; i++) {
            if (!dropFirst(isOverfull() ? Long.MAX_VALUE : oldestNs)) {
                return;
            }
        }
    }

    private boolean isOverfull() {
        long retained = store.meta.get(Meta.RETAINED_BYTES);
        return store.meta.get(Meta.CHANGE_BYTES) > (retained == 0 ? RETAINED_BYTES : retained);
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

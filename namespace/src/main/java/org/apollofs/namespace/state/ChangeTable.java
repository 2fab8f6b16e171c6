package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.ChangeRecord;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;

/**
 * The change log: an entry per committed change, with gapless sequence numbers from 1. The sequence is the version that
 * the changed inodes take.
 *
 * <p>An entry is a {@link ChangeRecord}. Entries of one transaction are neighbours and carry the sequence of the last of
 * them. A path is that at the time of the change; it is left empty if it had grown beyond the limit (a directory above it
 * was renamed): then inode and parent say what it was.
 *
 * <p>Entries stand in blocks, one behind the other, under the sequence of their first, so that a change costs a copy and not
 * a change of the table. The last block is kept open in memory and put into its table by {@link #flush()}, before the batch
 * commits and before anything reads the table. Where blocks end depends on their entries alone, not on batches.
 *
 * <p>Retention is by bytes, a block at a time, and by age once a tick: both from the log, so that all replicas drop the same.
 * What the open block holds is never too much.
 */
final class ChangeTable {
    /** Bytes of a block, unless one entry is longer. Two fit a page of LMDB. */
    private static final int BLOCK_LENGTH = 2000;
    /** Bytes of entries that are kept. */
    private static final long RETAINED_BYTES = 256L << 20;
    /** Age up to which entries are kept: 7 days. */
    private static final long RETAINED_NS = 7L * 24 * 3600 * 1_000_000_000L;
    /** Blocks dropped at most with one command, so that no command takes long. */
    private static final int MAX_DROPS = 4;
    /** What is counted for an entry beside its bytes. */
    private static final int OVERHEAD = 24;

    private final Store store;
    private final UnsafeBuffer open = new UnsafeBuffer(ByteBuffer.allocateDirect(ChangeRecord.MAX_LENGTH));
    private final UnsafeBuffer closed = new UnsafeBuffer(ByteBuffer.allocateDirect(ChangeRecord.MAX_LENGTH));
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer otherPath = new UnsafeBuffer(ByteBuffer.allocateDirect(NamespaceLimits.PATH_LENGTH));
    private int otherLength;
    private int depth;
    private long groupFirst;

    /** First sequence of the open block; 0 if there is none. */
    private long openFirst;

    private int openLength;
    /** Whether {@link #open} is what it should be; else it is read from the table. */
    private boolean isLoaded;
    /** Whether the open block has entries that the table does not. */
    private boolean isDirty;

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
        if (last > groupFirst) {
            if (groupFirst < openFirst) {
                markClosed(last);
            }
            mark(open, openLength, openFirst, last);
            isDirty = true;
        }
        return last;
    }

    /** Marks the entries of the transaction that stand in blocks before the open one. */
    private void markClosed(long transaction) {
        long first = Math.max(groupFirst, store.meta.get(Meta.FIRST_CHANGE));
        while (first < openFirst) {
            long blockFirst;
            int length;
            try (Cursor<DirectBuffer> cursor = store.tables.changes.openCursor(store.txn())) {
                if (!seek(cursor, store.key, first)) {
                    return;
                }
                blockFirst = cursor.key().getLong(0, BIG_ENDIAN);
                length = cursor.val().capacity();
                closed.putBytes(0, cursor.val(), 0, length);
            }
            long next = mark(closed, length, blockFirst, transaction);
            view.wrap(closed, 0, length);
            store.tables.changes.put(store.txn(), store.key.of(blockFirst), view);
            first = next;
        }
    }

    /** Marks the entries of the transaction in a block. @return the sequence behind it. */
    private long mark(UnsafeBuffer block, int length, long blockFirst, long transaction) {
        long sequence = blockFirst;
        for (int at = 0; at < length; at = ChangeRecord.after(block, at)) {
            if (sequence >= groupFirst) {
                ChangeRecord.setTransaction(block, at, transaction - sequence);
            }
            sequence++;
        }
        return sequence;
    }

    /** Goes to the block that holds a sequence, or to the first one after it. @return false if there is none. */
    static boolean seek(Cursor<DirectBuffer> cursor, Key key, long sequence) {
        boolean isFound = cursor.get(key.of(sequence), GetOp.MDB_SET_RANGE);
        if (isFound && cursor.key().getLong(0, BIG_ENDIAN) == sequence) {
            return true;
        }
        if (isFound ? cursor.prev() : cursor.last()) {
            long at = cursor.key().getLong(0, BIG_ENDIAN);
            DirectBuffer block = cursor.val();
            for (int offset = 0; offset < block.capacity(); offset = ChangeRecord.after(block, offset)) {
                at++;
            }
            return at > sequence || cursor.next();
        }
        // There is none before: the one found is the first.
        return isFound && cursor.first();
    }

    /** What was begun is refused: no entry of it is there. */
    void abandon() {
        depth = 0;
        otherLength = 0;
    }

    /** What was begun is aborted, and so are changes of the table: the open block is read again. */
    void onAbort() {
        abandon();
        isLoaded = false;
        isDirty = false;
    }

    /** Puts the open block into the table: whoever reads it finds all entries. */
    void flush() {
        if (isDirty) {
            view.wrap(open, 0, openLength);
            store.tables.changes.put(store.txn(), store.key.of(openFirst), view);
            isDirty = false;
        }
    }

    private void load() {
        openFirst = 0;
        openLength = 0;
        try (Cursor<DirectBuffer> cursor = store.tables.changes.openCursor(store.txn())) {
            if (cursor.last()) {
                openFirst = cursor.key().getLong(0, BIG_ENDIAN);
                openLength = cursor.val().capacity();
                open.putBytes(0, cursor.val(), 0, openLength);
            }
        }
        isLoaded = true;
    }

    /** Notes the path before the change of a rename, or the second one of an exchange. */
    void otherPath(long parent, DirectBuffer name) {
        otherLength = Math.max(store.buildPath(parent, name, 0, name.capacity()), 0);
        otherPath.putBytes(0, store.path(), pathOffset(otherLength), otherLength);
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
        int length = ChangeRecord.length(inode, parent, size, session, pathLength, otherLength);
        long sequence = next();
        int path = ChangeRecord.put(
                open,
                place(sequence, length),
                store.nowNs(),
                operation,
                inode,
                parent,
                size,
                session,
                pathLength,
                otherLength);
        open.putBytes(path, store.path(), pathOffset(pathLength), pathLength);
        open.putBytes(path + pathLength, otherPath, 0, otherLength);
        otherLength = 0;
        store.meta.set(Meta.LAST_CHANGE, sequence);
        store.meta.add(Meta.CHANGE_BYTES, length + OVERHEAD);
        for (int i = 0; i < MAX_DROPS && isOverfull(); i++) {
            dropFirst(Long.MAX_VALUE, Integer.MAX_VALUE);
        }
    }

    /** Makes room in the open block, or in another one. @return where the entry goes. */
    private int place(long sequence, int length) {
        if (!isLoaded) {
            load();
        }
        if (openLength + length > BLOCK_LENGTH || openFirst == 0) {
            flush();
            openFirst = sequence;
            openLength = 0;
        }
        int at = openLength;
        openLength += length;
        isDirty = true;
        return at;
    }

    /** What the entries of a block count for retention. @param skipped how many of its first are not retained any more. */
    static long countedBytes(DirectBuffer block, long skipped) {
        long bytes = 0;
        long number = 0;
        for (int at = 0; at < block.capacity(); at = ChangeRecord.after(block, at)) {
            bytes += number++ < skipped ? 0 : ChangeRecord.after(block, at) - at + OVERHEAD;
        }
        return bytes;
    }

    /** Drops what is too old, a bounded number at a time. */
    void expire(int atMost) {
        flush();
        long retainedNs = store.meta.get(Meta.RETAINED_NS);
        long oldestNs = store.nowNs() - (retainedNs == 0 ? RETAINED_NS : retainedNs);
        int left = atMost;
        int dropped = -1;
        while (left > 0 && dropped != 0) {
            dropped = dropFirst(oldestNs, left);
            left -= dropped;
        }
    }

    private boolean isOverfull() {
        long retained = store.meta.get(Meta.RETAINED_BYTES);
        return store.meta.get(Meta.CHANGE_BYTES) > (retained == 0 ? RETAINED_BYTES : retained);
    }

    /**
     * Drops entries of the first block that are older than a time; the block goes with the last of them. The open block, once
     * it is in the table, is a block like others for what is too old, but not for what is too much.
     *
     * @return entries dropped.
     */
    private int dropFirst(long olderThanNs, int atMost) {
        long blockFirst;
        int dropped = 0;
        boolean isEmpty;
        try (Cursor<DirectBuffer> cursor = store.tables.changes.openCursor(store.txn())) {
            if (!cursor.first()) {
                return 0;
            }
            blockFirst = cursor.key().getLong(0, BIG_ENDIAN);
            if (blockFirst == openFirst && olderThanNs == Long.MAX_VALUE) {
                return 0;
            }
            DirectBuffer block = cursor.val();
            long first = store.meta.get(Meta.FIRST_CHANGE);
            long sequence = blockFirst;
            long bytes = 0;
            int at = 0;
            while (at < block.capacity()) {
                if (sequence >= first) {
                    if (dropped == atMost || ChangeRecord.timeNs(block, at) >= olderThanNs) {
                        break;
                    }
                    bytes += ChangeRecord.after(block, at) - at + OVERHEAD;
                    dropped++;
                }
                sequence++;
                at = ChangeRecord.after(block, at);
            }
            isEmpty = at == block.capacity();
            store.meta.add(Meta.CHANGE_BYTES, -bytes);
            store.meta.set(Meta.FIRST_CHANGE, first + dropped);
        }
        if (isEmpty) {
            store.tables.changes.delete(store.txn(), store.key.of(blockFirst));
            if (blockFirst == openFirst) {
                openFirst = 0;
                openLength = 0;
            }
        }
        return dropped;
    }

    private int pathOffset(int length) {
        return store.path().capacity() - length;
    }
}

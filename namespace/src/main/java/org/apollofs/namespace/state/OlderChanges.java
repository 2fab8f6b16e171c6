package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.namespace.command.ChangeRecord;
import org.lmdbjava.Cursor;
import org.lmdbjava.Txn;

/**
 * Makes blocks of the change log out of those in snapshots before format 4, whose entries have fields of fixed length:
 *
 * <pre>
 *  0        8       16       24     32            40        48     52           56
 *  | timeNs | inode | parent | size | transaction | session | op | pathLength | otherLength | path | other path |
 * </pre>
 *
 * In format 3 each stands behind its length, an int32; before, each is a record of its own.
 */
final class OlderChanges {
    private static final int INODE = 8;
    private static final int PARENT = 16;
    private static final int SIZE = 24;
    private static final int TRANSACTION = 32;
    private static final int SESSION = 40;
    private static final int OPERATION = 48;
    private static final int PATH_LENGTH = 52;
    private static final int OTHER_LENGTH = 56;
    private static final int PATH = 60;
    /** Bytes of the longest block there was: one entry. What comes of a block is shorter than it. */
    private static final int MAX_BLOCK_LENGTH = Integer.BYTES + PATH + 2 * NamespaceLimits.PATH_LENGTH;

    private final UnsafeBuffer block = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_BLOCK_LENGTH));
    private int length;

    /** Converts a value of the table of changes, in place. @param version format of the snapshot. */
    void convert(int version, DirectBuffer key, UnsafeBuffer value) {
        long sequence = key.getLong(0, BIG_ENDIAN);
        length = 0;
        if (version < SnapshotWriter.BLOCKS_VERSION) {
            add(sequence, value, 0);
        } else {
            int at = 0;
            while (at < value.capacity()) {
                add(sequence++, value, at + Integer.BYTES);
                at += Integer.BYTES + value.getInt(at, LITTLE_ENDIAN);
            }
        }
        value.wrap(block, 0, length);
    }

    private void add(long sequence, DirectBuffer from, int offset) {
        int pathLength = from.getInt(offset + PATH_LENGTH, LITTLE_ENDIAN);
        int otherLength = from.getInt(offset + OTHER_LENGTH, LITTLE_ENDIAN);
        int path = ChangeRecord.put(
                block,
                length,
                from.getLong(offset, LITTLE_ENDIAN),
                ChangeOperation.of(from.getInt(offset + OPERATION, LITTLE_ENDIAN)),
                from.getLong(offset + INODE, LITTLE_ENDIAN),
                from.getLong(offset + PARENT, LITTLE_ENDIAN),
                from.getLong(offset + SIZE, LITTLE_ENDIAN),
                from.getLong(offset + SESSION, LITTLE_ENDIAN),
                pathLength,
                otherLength);
        block.putBytes(path, from, offset + PATH, pathLength + otherLength);
        ChangeRecord.setTransaction(block, length, from.getLong(offset + TRANSACTION, LITTLE_ENDIAN) - sequence);
        length = path + pathLength + otherLength;
    }

    /** Counts anew what is retained, in the counters as they stand in their table: entries are of other lengths now. */
    static void recount(Tables tables, Txn<DirectBuffer> txn) {
        Key key = new Key();
        DirectBuffer stored = tables.meta.get(txn, key.of(0));
        Meta meta = new Meta();
        meta.load(stored);
        long bytes = 0;
        try (Cursor<DirectBuffer> cursor = tables.changes.openCursor(txn)) {
            for (boolean isFound = cursor.first(); isFound; isFound = cursor.next()) {
                long skipped = meta.get(Meta.FIRST_CHANGE) - cursor.key().getLong(0, BIG_ENDIAN);
                bytes += ChangeTable.countedBytes(cursor.val(), skipped);
            }
        }
        meta.set(Meta.CHANGE_BYTES, bytes);
        tables.meta.put(txn, key.of(0), meta.value());
    }
}

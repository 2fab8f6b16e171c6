package org.apollofs.namespace.state;

import org.agrona.DirectBuffer;
import org.lmdbjava.Txn;

/**
 * Bytes at the start of a file, or a link's target: short ones stand in the inode's record, so that a small value is one
 * change of one table, and long ones in the table {@code inline}.
 */
final class InlineValues {
    private InlineValues() {}

    /**
     * Sets the bytes of an inode, whose record the caller saves.
     *
     * @param value off heap; may be empty.
     */
    static void put(Store store, InodeRecord record, DirectBuffer value) {
        boolean wasInTable = isInTable(record);
        if (value.capacity() <= InodeRecord.EMBEDDED_LENGTH) {
            if (wasInTable) {
                store.tables.inline.delete(store.txn(), store.key.of(record.id()));
            }
            record.embed(value);
        } else {
            store.tables.inline.put(store.txn(), store.key.of(record.id()), value);
            record.setApart(value.capacity());
        }
    }

    /** Removes the bytes of an inode that goes. */
    static void drop(Store store, InodeRecord record) {
        if (isInTable(record)) {
            store.tables.inline.delete(store.txn(), store.key.of(record.id()));
        }
    }

    /** Copies the bytes of an inode, as many as its inline length, to the beginning of an array. */
    static void get(Tables tables, Txn<DirectBuffer> txn, Key key, InodeRecord record, byte[] to) {
        if (isInTable(record)) {
            tables.inline.get(txn, key.of(record.id())).getBytes(0, to, 0, record.inlineLength());
        } else {
            record.embedded(to);
        }
    }

    private static boolean isInTable(InodeRecord record) {
        return record.inlineLength() > 0 && !record.has(InodeRecord.IS_EMBEDDED);
    }
}

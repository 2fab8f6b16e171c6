package org.apollofs.namespace.state;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.apollofs.namespace.command.sbe.SnapshotBeginEncoder;
import org.apollofs.namespace.command.sbe.SnapshotEndEncoder;
import org.apollofs.namespace.command.sbe.SnapshotRecordsEncoder;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.Txn;

/**
 * Streams the whole state as blocks: one that begins, records of the tables in order of their keys, sessions, kept results,
 * one that ends with their number and a checksum over them. The same state gives the same blocks. Used by the apply thread,
 * when all that it applied is committed.
 */
final class SnapshotWriter {
    /**
     * Version of the layout of all records; a snapshot of a later one is refused. 2 added tables behind those of 1, and flags
     * in what was zero, so that 1 is a part of it. 3 embeds short values in inodes, and holds changes in blocks. 4 has
     * shorter changes. 5 says who the namespace is, and lists the open sessions.
     */
    static final int FORMAT_VERSION = 5;
    /** First version that holds changes in blocks; before, each stood alone. */
    static final int BLOCKS_VERSION = 3;
    /** First version with changes as {@link org.apollofs.namespace.command.ChangeRecord} has them. */
    static final int SHORT_CHANGES_VERSION = 4;
    /** First version with the row {@link Meta#OPEN_SESSIONS}. */
    static final int OPEN_SESSIONS_VERSION = 5;
    /** Table number of sessions: beyond those in LMDB. */
    static final int SESSIONS = 100;
    /** Table number of kept results. */
    static final int RESULTS = 101;
    /** Bytes of records from which on a block is sent. A record is less than a block, or makes one longer block. */
    private static final int BLOCK_LENGTH = 256 * 1024;

    private static final byte[] NOTHING = {};

    private final NamespaceState state;
    private final BlockConsumer consumer;
    private final ExpandableDirectByteBuffer block = new ExpandableDirectByteBuffer(BLOCK_LENGTH + 128 * 1024);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final SnapshotRecordsEncoder encoder = new SnapshotRecordsEncoder();
    private final CRC32C checksum = new CRC32C();
    private final int recordsOffset;
    private int table;
    private int count;
    private int limit;
    private long total;

    SnapshotWriter(NamespaceState state, BlockConsumer consumer) {
        this.state = state;
        this.consumer = consumer;
        recordsOffset = MessageHeaderEncoder.ENCODED_LENGTH
                + SnapshotRecordsEncoder.BLOCK_LENGTH
                + SnapshotRecordsEncoder.recordsHeaderLength();
        limit = recordsOffset;
    }

    void write() {
        SnapshotBeginEncoder begin = new SnapshotBeginEncoder();
        begin.wrapAndApplyHeader(block, 0, header).formatVersion(FORMAT_VERSION);
        consumer.onBlock(block, 0, begin.limit());
        try (Txn<DirectBuffer> txn = state.tables().env.txnRead()) {
            for (int i = 0; i < state.tables().all.size(); i++) {
                writeTable(i, state.tables().all.get(i), txn);
            }
        }
        state.sessions().visit((k, v) -> add(SESSIONS, k, v), (k, v) -> add(RESULTS, k, v));
        flush();
        SnapshotEndEncoder end = new SnapshotEndEncoder();
        end.wrapAndApplyHeader(block, 0, header).totalRecords(total).checksum(checksum.getValue());
        consumer.onBlock(block, 0, end.limit());
    }

    private void writeTable(int number, Dbi<DirectBuffer> dbi, Txn<DirectBuffer> txn) {
        try (Cursor<DirectBuffer> cursor = dbi.openCursor(txn)) {
            boolean found = cursor.first();
            while (found) {
                add(number, cursor.key(), cursor.val());
                found = cursor.next();
            }
        }
    }

    private void add(int ofTable, DirectBuffer key, DirectBuffer value) {
        if (ofTable != table || limit - recordsOffset >= BLOCK_LENGTH) {
            flush();
            table = ofTable;
        }
        block.putInt(limit, key.capacity());
        block.putInt(limit + 4, value.capacity());
        block.putBytes(limit + 8, key, 0, key.capacity());
        block.putBytes(limit + 8 + key.capacity(), value, 0, value.capacity());
        limit += 8 + key.capacity() + value.capacity();
        count++;
    }

    private void flush() {
        if (count == 0) {
            return;
        }
        int length = limit - recordsOffset;
        checksum.update(block.byteBuffer().duplicate().limit(limit).position(recordsOffset));
        // The records are in place already: the encoder only writes what stands before them.
        encoder.wrapAndApplyHeader(block, 0, header)
                .table(table)
                .recordCount(count)
                .putRecords(NOTHING, 0, 0);
        block.putInt(recordsOffset - Integer.BYTES, length);
        consumer.onBlock(block, 0, limit);
        total += count;
        count = 0;
        limit = recordsOffset;
    }
}

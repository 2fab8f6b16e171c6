package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Change;
import org.apollofs.namespace.command.ChangeRecord;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.apollofs.namespace.command.sbe.SnapshotBeginEncoder;
import org.apollofs.namespace.command.sbe.SnapshotEndEncoder;
import org.apollofs.namespace.command.sbe.SnapshotRecordsDecoder;
import org.apollofs.namespace.command.sbe.SnapshotRecordsEncoder;

/**
 * Writes a snapshot's blocks as formats 2 and 3 had them: entries of the change log in another layout, with 2 each a record of
 * its own; and another count of the bytes that they take.
 */
final class OlderSnapshot implements BlockConsumer {
    private static final int META = 10;
    private static final int CHANGES = 7;
    private static final int ENTRY = 60;

    private final SnapshotLoader to;
    private final int version;
    private final ExpandableDirectByteBuffer block = new ExpandableDirectByteBuffer(64 * 1024);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final CRC32C checksum = new CRC32C();
    private long total;

    OlderSnapshot(SnapshotLoader to, int version) {
        this.to = to;
        this.version = version;
    }

    @Override
    public void onBlock(DirectBuffer buffer, int offset, int length) {
        int template = CommandHead.templateId(buffer, offset);
        if (template == SnapshotBeginEncoder.TEMPLATE_ID) {
            SnapshotBeginEncoder begin = new SnapshotBeginEncoder();
            begin.wrapAndApplyHeader(block, 0, header).formatVersion(version);
            to.onBlock(block, 0, begin.limit());
        } else if (template == SnapshotRecordsEncoder.TEMPLATE_ID) {
            convert(buffer, offset);
        } else {
            SnapshotEndEncoder end = new SnapshotEndEncoder();
            end.wrapAndApplyHeader(block, 0, header).totalRecords(total).checksum(checksum.getValue());
            to.onBlock(block, 0, end.limit());
        }
    }

    private void convert(DirectBuffer buffer, int offset) {
        SnapshotRecordsDecoder from = new SnapshotRecordsDecoder();
        from.wrapAndApplyHeader(buffer, offset, new MessageHeaderDecoder());
        int table = from.table();
        int count = from.recordCount();
        byte[] records = new byte[from.recordsLength()];
        from.getRecords(records, 0, records.length);
        ByteBuffer now = ByteBuffer.wrap(records).order(LITTLE_ENDIAN);
        if (table == META) {
            int value = 2 * Integer.BYTES + now.getInt(0);
            now.putLong(value + Meta.CHANGE_BYTES * Long.BYTES, 123_456);
        }
        if (table != CHANGES) {
            send(table, count, now);
            return;
        }
        ByteBuffer old = ByteBuffer.allocate(8 * records.length).order(LITTLE_ENDIAN);
        int converted = 0;
        while (now.hasRemaining()) {
            now.getInt();
            int length = now.getInt();
            long sequence = now.order(BIG_ENDIAN).getLong();
            converted += convert(sequence, new UnsafeBuffer(records, now.position(), length), old);
            now.order(LITTLE_ENDIAN).position(now.position() + length);
        }
        send(table, converted, old.flip());
    }

    /** Converts a block. @return records that became of it. */
    private int convert(long first, UnsafeBuffer block, ByteBuffer old) {
        int start = old.position();
        ChangeRecord record = new ChangeRecord();
        long sequence = first;
        int count = 0;
        if (version > 2) {
            old.putInt(Long.BYTES).putInt(0);
            old.order(BIG_ENDIAN).putLong(first).order(LITTLE_ENDIAN);
        }
        for (int at = 0; at < block.capacity(); at = ChangeRecord.after(block, at)) {
            Change change = record.wrap(sequence, block, at).toChange();
            byte[] path = change.path().getBytes(UTF_8);
            byte[] other = change.otherPath().getBytes(UTF_8);
            int length = ENTRY + path.length + other.length;
            if (version > 2) {
                old.putInt(length);
            } else {
                old.putInt(Long.BYTES).putInt(length);
                old.order(BIG_ENDIAN).putLong(sequence).order(LITTLE_ENDIAN);
            }
            old.putLong(change.timeNs())
                    .putLong(change.inode())
                    .putLong(change.parent())
                    .putLong(change.size());
            old.putLong(change.transaction())
                    .putLong(change.session())
                    .putInt(change.operation().code());
            old.putInt(path.length).putInt(other.length).put(path).put(other);
            sequence++;
            count++;
        }
        if (version > 2) {
            old.putInt(start + Integer.BYTES, old.position() - start - 2 * Integer.BYTES - Long.BYTES);
            return 1;
        }
        return count;
    }

    private void send(int table, int count, ByteBuffer records) {
        byte[] bytes = new byte[records.remaining()];
        records.get(bytes);
        SnapshotRecordsEncoder encoder = new SnapshotRecordsEncoder();
        encoder.wrapAndApplyHeader(block, 0, header)
                .table(table)
                .recordCount(count)
                .putRecords(bytes, 0, bytes.length);
        checksum.update(bytes);
        total += count;
        to.onBlock(block, 0, encoder.limit());
    }
}

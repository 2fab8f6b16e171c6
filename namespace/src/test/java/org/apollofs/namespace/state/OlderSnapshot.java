package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.apollofs.namespace.command.sbe.MessageHeaderEncoder;
import org.apollofs.namespace.command.sbe.SnapshotBeginEncoder;
import org.apollofs.namespace.command.sbe.SnapshotEndEncoder;
import org.apollofs.namespace.command.sbe.SnapshotRecordsDecoder;
import org.apollofs.namespace.command.sbe.SnapshotRecordsEncoder;

/** Writes a snapshot's blocks as format 2 had them: each entry of the change log a record of its own. */
final class OlderSnapshot implements BlockConsumer {
    private static final int CHANGES = 7;

    private final SnapshotLoader to;
    private final ExpandableDirectByteBuffer block = new ExpandableDirectByteBuffer(64 * 1024);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final CRC32C checksum = new CRC32C();
    private long total;

    OlderSnapshot(SnapshotLoader to) {
        this.to = to;
    }

    @Override
    public void onBlock(DirectBuffer buffer, int offset, int length) {
        int template = CommandHead.templateId(buffer, offset);
        if (template == SnapshotBeginEncoder.TEMPLATE_ID) {
            SnapshotBeginEncoder begin = new SnapshotBeginEncoder();
            begin.wrapAndApplyHeader(block, 0, header).formatVersion(2);
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
        if (table != CHANGES) {
            send(table, count, ByteBuffer.wrap(records));
            return;
        }
        ByteBuffer old = ByteBuffer.wrap(records).order(LITTLE_ENDIAN);
        ByteBuffer converted = ByteBuffer.allocate(4 * records.length).order(LITTLE_ENDIAN);
        int converts = 0;
        while (old.hasRemaining()) {
            old.getInt();
            int end = old.getInt() + Long.BYTES + old.position();
            long sequence = old.order(BIG_ENDIAN).getLong();
            old.order(LITTLE_ENDIAN);
            while (old.position() < end) {
                byte[] entry = new byte[old.getInt()];
                old.get(entry);
                converted.putInt(Long.BYTES).putInt(entry.length);
                converted.order(BIG_ENDIAN).putLong(sequence++).order(LITTLE_ENDIAN);
                converted.put(entry);
                converts++;
            }
        }
        send(table, converts, converted.flip());
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

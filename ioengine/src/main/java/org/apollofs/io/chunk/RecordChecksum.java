package org.apollofs.io.chunk;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;

/** CRC32C of superblocks, journal records and snapshot blocks. */
final class RecordChecksum {
    private RecordChecksum() {}

    static int compute(DirectBuffer buffer, int offset, int length) {
        CRC32C crc = new CRC32C();
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        crc.update(ByteBuffer.wrap(bytes));
        return (int) crc.getValue();
    }
}

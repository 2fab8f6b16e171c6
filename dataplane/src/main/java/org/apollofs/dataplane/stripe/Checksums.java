package org.apollofs.dataplane.stripe;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.transport.Lane;

/** CRC32C of a chunk's blocks, on whichever thread needs it: each has its own calculator. */
public final class Checksums {
    private static final ThreadLocal<Crc32c> CRC = ThreadLocal.withInitial(Crc32c::new);

    private Checksums() {}

    /** One little-endian int for each block of a buffer's first bytes. */
    public static UnsafeBuffer of(DirectBuffer buffer, int length) {
        int count = Crc32c.blockCount(length, Lane.CHECKSUM_BLOCK_LENGTH);
        UnsafeBuffer checksums = new UnsafeBuffer(new byte[count * Integer.BYTES]);
        CRC.get().checksumBlocks(buffer, 0, length, Lane.CHECKSUM_BLOCK_LENGTH, checksums, 0);
        return checksums;
    }

    /** @return the first block of a buffer's first bytes that differs from its checksum, or -1. */
    public static int firstMismatch(DirectBuffer buffer, int length, DirectBuffer checksums) {
        return CRC.get().verifyBlocks(buffer, 0, length, Lane.CHECKSUM_BLOCK_LENGTH, checksums, 0);
    }
}

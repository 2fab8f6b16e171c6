package org.apollofs.io.checksum;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.os.Memory;

/**
 * CRC32C of each block of memory that is filled by copies from its start on: each piece is checksummed right after it was
 * copied, while it is in the processor's first cache, so that the bytes come from memory once and not twice.
 *
 * <p>One thread at a time. The memory is the caller's, and stays valid as long as this is used.
 */
public final class BlockChecksums {
    /** Bytes copied and then checksummed: half of a first-level cache of 32 KiB. */
    private static final int PIECE_LENGTH = 16 * 1024;

    private final ByteBuffer memory;
    private final UnsafeBuffer target;
    private final int blockLength;
    private final UnsafeBuffer finished;
    private final CRC32C crc = new CRC32C();
    private int length;

    /**
     * @param address of memory that is filled.
     * @param capacity bytes there.
     * @param blockLength bytes under one checksum; the last block may be shorter.
     */
    public BlockChecksums(long address, int capacity, int blockLength) {
        this.memory = Memory.buffer(address, capacity);
        this.target = new UnsafeBuffer(address, capacity);
        this.blockLength = blockLength;
        this.finished = new UnsafeBuffer(new byte[Crc32c.blockCount(capacity, blockLength) * Integer.BYTES]);
    }

    /** Takes in bytes that are in the memory already, behind those so far. */
    public void take(int count) {
        int left = count;
        while (left > 0) {
            int piece = pieceOf(left);
            add(piece);
            left -= piece;
        }
    }

    /** Copies bytes behind those so far. */
    public void append(DirectBuffer source, int offset, int count) {
        int done = 0;
        while (done < count) {
            int piece = pieceOf(count - done);
            target.putBytes(length, source, offset + done, piece);
            add(piece);
            done += piece;
        }
    }

    /** Bytes so far. */
    public int length() {
        return length;
    }

    /** The checksums so far: one little-endian int for each block, in memory of their own. */
    public UnsafeBuffer toBuffer() {
        int count = Crc32c.blockCount(length, blockLength);
        byte[] bytes = new byte[count * Integer.BYTES];
        finished.getBytes(0, bytes);
        UnsafeBuffer checksums = new UnsafeBuffer(bytes);
        if (length % blockLength != 0) {
            checksums.putInt((count - 1) * Integer.BYTES, (int) crc.getValue(), ByteOrder.LITTLE_ENDIAN);
        }
        return checksums;
    }

    private int pieceOf(int left) {
        return Math.min(Math.min(left, PIECE_LENGTH), blockLength - length % blockLength);
    }

    private void add(int piece) {
        memory.limit(length + piece).position(length);
        crc.update(memory);
        length += piece;
        if (length % blockLength == 0) {
            finished.putInt((length / blockLength - 1) * Integer.BYTES, (int) crc.getValue(), ByteOrder.LITTLE_ENDIAN);
            crc.reset();
        }
    }
}

package org.apollofs.io.checksum;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.apollofs.io.os.Memory;

/**
 * CRC32C (Castagnoli, RFC 3720 appendix B.4) of memory, with the virtual machine's intrinsic.
 *
 * <p>One thread at a time; cheap to make, so each agent has its own. It keeps no reference to a buffer. The intrinsic
 * wants a ByteBuffer, so the address space is seen through windows of a gibibyte, each made when first needed: in a
 * steady state nothing is allocated.
 */
public final class Crc32c {
    /** Returned by {@link #verifyBlocks} when every block is as its checksum says. */
    public static final int ALL_MATCH = -1;

    private static final int WINDOW_SHIFT = 30;
    private static final long WINDOW_LENGTH = 1L << WINDOW_SHIFT;

    /** Longest range: one may start at the end of its window, and a buffer is shorter than two gibibytes. */
    private static final int MAX_LENGTH = 1 << 29;

    private final CRC32C crc = new CRC32C();
    private final Long2ObjectHashMap<ByteBuffer> windows = new Long2ObjectHashMap<>();
    private long windowIndex = -1;
    private ByteBuffer window;

    /**
     * The checksum of a range.
     *
     * @param length bytes, up to 512 MiB.
     */
    public int compute(DirectBuffer buffer, int offset, int length) {
        buffer.boundsCheck(offset, length);
        if (buffer.byteArray() != null) {
            crc.reset();
            crc.update(buffer.byteArray(), buffer.wrapAdjustment() + offset, length);
            return (int) crc.getValue();
        }
        return compute(buffer.addressOffset() + offset, length);
    }

    /**
     * The checksum of memory at an address, which must be valid.
     *
     * @param length bytes, up to 512 MiB.
     */
    public int compute(long address, int length) {
        if (length < 0 || length > MAX_LENGTH) {
            throw new IllegalArgumentException("checksum: length=" + length + " (0 to " + MAX_LENGTH + ")");
        }
        long index = address >>> WINDOW_SHIFT;
        if (index != windowIndex) {
            useWindow(index);
        }
        int start = (int) (address & (WINDOW_LENGTH - 1));
        window.limit(start + length).position(start);
        crc.reset();
        crc.update(window);
        return (int) crc.getValue();
    }

    /** Checksums that a length of data has: the last block may be short. */
    public static int blockCount(int length, int blockLength) {
        return (int) (((long) length + blockLength - 1) / blockLength);
    }

    /**
     * Computes a checksum for each block of a range.
     *
     * @param blockLength bytes of a block; the last may be shorter.
     * @param destination gets one little-endian int for each block, {@link #blockCount} in all.
     * @param destinationOffset where the first goes.
     */
    public void checksumBlocks(
            DirectBuffer buffer,
            int offset,
            int length,
            int blockLength,
            MutableDirectBuffer destination,
            int destinationOffset) {
        int target = destinationOffset;
        for (int done = 0; done < length; done += Math.min(blockLength, length - done)) {
            int checksum = compute(buffer, offset + done, Math.min(blockLength, length - done));
            destination.putInt(target, checksum, ByteOrder.LITTLE_ENDIAN);
            target += Integer.BYTES;
        }
    }

    /**
     * Compares each block of a range with its checksum.
     *
     * @param checksums one little-endian int for each block, as {@link #checksumBlocks} writes them.
     * @return the index of the first block that differs, or {@link #ALL_MATCH}.
     */
    public int verifyBlocks(
            DirectBuffer buffer, int offset, int length, int blockLength, DirectBuffer checksums, int checksumsOffset) {
        int index = 0;
        for (int done = 0; done < length; done += Math.min(blockLength, length - done)) {
            int checksum = compute(buffer, offset + done, Math.min(blockLength, length - done));
            int expected = checksums.getInt(checksumsOffset + index * Integer.BYTES, ByteOrder.LITTLE_ENDIAN);
            if (checksum != expected) {
                return index;
            }
            index++;
        }
        return ALL_MATCH;
    }

    private void useWindow(long index) {
        ByteBuffer buffer = windows.get(index);
        if (buffer == null) {
            buffer = Memory.buffer(index << WINDOW_SHIFT, (int) WINDOW_LENGTH + MAX_LENGTH);
            windows.put(index, buffer);
        }
        window = buffer;
        windowIndex = index;
    }
}

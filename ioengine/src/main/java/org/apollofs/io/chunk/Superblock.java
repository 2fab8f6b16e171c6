package org.apollofs.io.chunk;

import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.chunk.TargetRefusedException.Reason;

/**
 * Who a target is and how its device is laid out: written at format, in the first and the last 4 KiB of the device, and again with
 * each new mark. The byte diagram is in docs/formats.md. Immutable.
 *
 * @param siteId the site it belongs to.
 * @param targetId its number in the site.
 * @param formatId made at format, and repeated in journal and snapshots, which therefore fit this device and no other.
 * @param deviceLength bytes of the device at format.
 * @param dataOffset where the data region begins.
 * @param dataLength bytes of the data region: a multiple of {@code chunkLength}.
 * @param chunkLength bytes of the largest chunk: a power of two, 64 KiB to 16 MiB.
 * @param formattedAtMs when, in ms since the epoch.
 * @param mark who used it last.
 */
public record Superblock(
        UUID siteId,
        int targetId,
        long formatId,
        long deviceLength,
        long dataOffset,
        long dataLength,
        int chunkLength,
        long formattedAtMs,
        TargetMark mark) {
    /** Version of the superblock. A build that knows only an earlier one refuses the target: it would not heed the mark. */
    public static final int FORMAT_VERSION = 2;
    /** The first version, which had no mark; it is read, and written as the present one. */
    static final int FIRST_VERSION = 1;
    /** Bytes of one copy. */
    public static final int LENGTH = 4096;
    /** Where the data region begins: 1 MiB, so that chunks keep any alignment the device may like. */
    public static final long DATA_OFFSET = 1 << 20;
    /** Fewest chunks of full length a target must have room for. */
    public static final int MIN_CHUNKS = 64;

    /** "APOLLOSB", read as a little-endian long. */
    static final long MAGIC = 0x4253_4F4C_4C4F_5041L;

    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = 8;
    private static final int TARGET_OFFSET = 12;
    private static final int SITE_OFFSET = 16;
    private static final int FORMAT_ID_OFFSET = 32;
    private static final int DEVICE_LENGTH_OFFSET = 40;
    private static final int DATA_OFFSET_OFFSET = 48;
    private static final int DATA_LENGTH_OFFSET = 56;
    private static final int CHUNK_LENGTH_OFFSET = 64;
    private static final int TIME_OFFSET = 72;
    private static final int NAMESPACE_OFFSET = 80;
    private static final int GENERATION_OFFSET = 96;
    private static final int CHECKSUM_OFFSET = LENGTH - Integer.BYTES;

    /**
     * Lays a device out.
     *
     * @throws TargetRefusedException if the chunk length is not allowed or the device too small.
     */
    static Superblock layOut(
            UUID siteId, int targetId, long formatId, long deviceLength, int chunkLength, long formattedAtMs)
            throws TargetRefusedException {
        if (Integer.bitCount(chunkLength) != 1
                || chunkLength < SizeClass.UNIT_LENGTH
                || chunkLength > SizeClass.MAX_LENGTH) {
            throw new TargetRefusedException(
                    Reason.INVALID_GEOMETRY,
                    "format refused: target=" + targetId + ", chunkLength=" + chunkLength
                            + " (a power of two, 65536 to 16777216)");
        }
        long dataLength = (deviceLength - DATA_OFFSET - LENGTH) / chunkLength * chunkLength;
        if (deviceLength < minimumDeviceLength(chunkLength)) {
            throw new TargetRefusedException(
                    Reason.INVALID_GEOMETRY,
                    "format refused: target=" + targetId + ", deviceLength=" + deviceLength + ": too small, at least "
                            + minimumDeviceLength(chunkLength) + " bytes for chunkLength=" + chunkLength);
        }
        return new Superblock(
                siteId,
                targetId,
                formatId,
                deviceLength,
                DATA_OFFSET,
                dataLength,
                chunkLength,
                formattedAtMs,
                TargetMark.NONE);
    }

    /** The same target with another mark. */
    Superblock withMark(TargetMark other) {
        return new Superblock(
                siteId, targetId, formatId, deviceLength, dataOffset, dataLength, chunkLength, formattedAtMs, other);
    }

    /** Whether both are of one target, as it was formatted: the mark may differ. */
    boolean isSameTarget(Superblock other) {
        return withMark(TargetMark.NONE).equals(other.withMark(TargetMark.NONE));
    }

    /** Bytes of the smallest device with chunks of a length: superblocks, and room for {@link #MIN_CHUNKS}. */
    public static long minimumDeviceLength(int chunkLength) {
        return DATA_OFFSET + LENGTH + (long) MIN_CHUNKS * chunkLength;
    }

    /** Bytes of a device with room for so many chunks of full length. */
    public static long deviceLengthFor(long chunks, int chunkLength) {
        return DATA_OFFSET + LENGTH + chunks * chunkLength;
    }

    /** Offset on the device of the second copy. */
    long secondCopyOffset() {
        return secondCopyOffset(deviceLength);
    }

    /** Offset of the second copy on a device of a length. */
    static long secondCopyOffset(long deviceLength) {
        return (deviceLength & -LENGTH) - LENGTH;
    }

    /** Order of the largest size class. */
    int maxOrder() {
        return SizeClass.orderOf(chunkLength);
    }

    /** Writes a copy: {@link #LENGTH} bytes. */
    void encode(MutableDirectBuffer buffer, int offset) {
        buffer.setMemory(offset, LENGTH, (byte) 0);
        buffer.putLong(offset + MAGIC_OFFSET, MAGIC);
        buffer.putInt(offset + VERSION_OFFSET, FORMAT_VERSION);
        buffer.putInt(offset + TARGET_OFFSET, targetId);
        buffer.putLong(offset + SITE_OFFSET, siteId.getMostSignificantBits());
        buffer.putLong(offset + SITE_OFFSET + Long.BYTES, siteId.getLeastSignificantBits());
        buffer.putLong(offset + FORMAT_ID_OFFSET, formatId);
        buffer.putLong(offset + DEVICE_LENGTH_OFFSET, deviceLength);
        buffer.putLong(offset + DATA_OFFSET_OFFSET, dataOffset);
        buffer.putLong(offset + DATA_LENGTH_OFFSET, dataLength);
        buffer.putInt(offset + CHUNK_LENGTH_OFFSET, chunkLength);
        buffer.putLong(offset + TIME_OFFSET, formattedAtMs);
        buffer.putLong(offset + NAMESPACE_OFFSET, mark.namespaceId().getMostSignificantBits());
        buffer.putLong(
                offset + NAMESPACE_OFFSET + Long.BYTES, mark.namespaceId().getLeastSignificantBits());
        buffer.putLong(offset + GENERATION_OFFSET, mark.generation());
        buffer.putInt(offset + CHECKSUM_OFFSET, new Crc32c().compute(buffer, offset, CHECKSUM_OFFSET));
    }

    /** Whether a copy begins with the magic number, whatever else is wrong with it. */
    static boolean hasMagic(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + MAGIC_OFFSET) == MAGIC;
    }

    /** Whether a copy is whole. */
    static boolean isIntact(DirectBuffer buffer, int offset) {
        return hasMagic(buffer, offset)
                && buffer.getInt(offset + CHECKSUM_OFFSET) == new Crc32c().compute(buffer, offset, CHECKSUM_OFFSET);
    }

    /** Version of a copy that is whole. */
    static int version(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + VERSION_OFFSET);
    }

    /** Whether a copy that is whole is of a version that this build reads. */
    static boolean isKnownVersion(DirectBuffer buffer, int offset) {
        int version = version(buffer, offset);
        return version >= FIRST_VERSION && version <= FORMAT_VERSION;
    }

    /** Reads a copy that is whole and of a known version. */
    static Superblock decode(DirectBuffer buffer, int offset) {
        return new Superblock(
                new UUID(buffer.getLong(offset + SITE_OFFSET), buffer.getLong(offset + SITE_OFFSET + Long.BYTES)),
                buffer.getInt(offset + TARGET_OFFSET),
                buffer.getLong(offset + FORMAT_ID_OFFSET),
                buffer.getLong(offset + DEVICE_LENGTH_OFFSET),
                buffer.getLong(offset + DATA_OFFSET_OFFSET),
                buffer.getLong(offset + DATA_LENGTH_OFFSET),
                buffer.getInt(offset + CHUNK_LENGTH_OFFSET),
                buffer.getLong(offset + TIME_OFFSET),
                // Zeros in the first version, as in a target that was never used.
                new TargetMark(
                        new UUID(
                                buffer.getLong(offset + NAMESPACE_OFFSET),
                                buffer.getLong(offset + NAMESPACE_OFFSET + Long.BYTES)),
                        buffer.getLong(offset + GENERATION_OFFSET)));
    }
}

package org.apollofs.io.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the kernel says of an open descriptor, read from a {@code struct statx} (linux/stat.h), whose layout is the same on
 * every architecture.
 *
 * <pre>
 *   0   4    28   32    40    48       140    144  152        156          256
 *   +---+----+----+-----+-----+--------+------+----+----------+------------+
 *   |mask|...|mode| ino |size |blocks..|devmaj|min |dio memory|dio offset  |...
 *   +---+----+----+-----+-----+--------+------+----+----------+------------+
 * </pre>
 *
 * @param mode type and permission bits.
 * @param size bytes; 0 for devices.
 * @param allocated bytes that have blocks, in units the kernel counts (512).
 * @param directMemoryAlignment bytes that memory must be aligned to for O_DIRECT, 0 if the kernel does not say.
 * @param directOffsetAlignment bytes that offset and length must be aligned to for O_DIRECT, 0 if unknown.
 */
public record FileStatus(int mode, long size, long allocated, int directMemoryAlignment, int directOffsetAlignment) {
    /** Bytes of a {@code struct statx}. */
    public static final int LENGTH = 256;

    static final int AT_EMPTY_PATH = 0x1000;

    /** STATX_BASIC_STATS and STATX_DIOALIGN. */
    static final int MASK = 0x7ff | 0x2000;

    private static final int MASK_OFFSET = 0;
    private static final int MODE_OFFSET = 28;
    private static final int SIZE_OFFSET = 40;
    private static final int BLOCKS_OFFSET = 48;
    private static final int DIRECT_MEMORY_OFFSET = 152;
    private static final int DIRECT_OFFSET_OFFSET = 156;
    private static final int STATX_DIOALIGN = 0x2000;
    private static final int TYPE_MASK = 0xf000;
    private static final int BLOCK_DEVICE = 0x6000;
    private static final int REGULAR_FILE = 0x8000;

    /**
     * Asks for the status of an open descriptor. Allocates.
     *
     * @throws OsException if the kernel refuses.
     */
    public static FileStatus of(int fd) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statx = arena.allocate(LENGTH, 8);
            int result = Libc.statx(fd, statx.address());
            if (result < 0) {
                throw new OsException("statx failed: fd=" + fd, result);
            }
            boolean direct = (statx.get(ValueLayout.JAVA_INT, MASK_OFFSET) & STATX_DIOALIGN) != 0;
            return new FileStatus(
                    statx.get(ValueLayout.JAVA_SHORT, MODE_OFFSET) & 0xffff,
                    statx.get(ValueLayout.JAVA_LONG, SIZE_OFFSET),
                    statx.get(ValueLayout.JAVA_LONG, BLOCKS_OFFSET) * 512,
                    direct ? statx.get(ValueLayout.JAVA_INT, DIRECT_MEMORY_OFFSET) : 0,
                    direct ? statx.get(ValueLayout.JAVA_INT, DIRECT_OFFSET_OFFSET) : 0);
        }
    }

    public boolean isBlockDevice() {
        return (mode & TYPE_MASK) == BLOCK_DEVICE;
    }

    public boolean isRegularFile() {
        return (mode & TYPE_MASK) == REGULAR_FILE;
    }
}

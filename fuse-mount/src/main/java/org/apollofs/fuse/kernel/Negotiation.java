package org.apollofs.fuse.kernel;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.fuse.MountException;

/**
 * What the INIT message settles, once a mount, before any worker runs: version, features, and the largest request.
 *
 * @param minor protocol version 7.x both speak.
 * @param flags features both have.
 * @param maxWrite most bytes of one READ or WRITE.
 * @param maxReadAhead bytes the kernel may read ahead.
 */
record Negotiation(int minor, long flags, int maxWrite, int maxReadAhead) {
    /**
     * What this side wants, where the kernel has it. Left out on purpose: WRITEBACK_CACHE (the page cache would own the
     * size and time of files that other hosts write), POSIX_LOCKS and FLOCK_LOCKS (without them the kernel keeps locks
     * itself, for this mount), DONT_MASK (the kernel applies the umask), EXPORT_SUPPORT, POSIX_ACL.
     */
    private static final long WANTED = FuseProtocol.ASYNC_READ
            | FuseProtocol.ATOMIC_O_TRUNC
            | FuseProtocol.BIG_WRITES
            | FuseProtocol.AUTO_INVAL_DATA
            | FuseProtocol.DO_READDIRPLUS
            | FuseProtocol.READDIRPLUS_AUTO
            | FuseProtocol.ASYNC_DIO
            | FuseProtocol.PARALLEL_DIROPS
            | FuseProtocol.MAX_PAGES
            | FuseProtocol.CACHE_SYMLINKS
            | FuseProtocol.HANDLE_KILLPRIV_V2
            | FuseProtocol.INIT_EXT
            | FuseProtocol.DIRECT_IO_ALLOW_MMAP;

    /** Unit of max_pages. On machines with larger pages it errs on the safe side. */
    static final int PAGE_LENGTH = 4096;
    /** Without MAX_PAGES a request holds 32 pages. */
    private static final int LEGACY_MAX_WRITE = 32 * PAGE_LENGTH;

    private static final int IN_MAJOR = 0;
    private static final int IN_MINOR = 4;
    private static final int IN_READ_AHEAD = 8;
    private static final int IN_FLAGS = 12;
    private static final int IN_FLAGS2 = 16;
    private static final int EXTENDED_LENGTH = 20;

    /**
     * Reads fuse_init_in.
     *
     * @param wantedWrite most bytes a slab takes.
     * @param pageLimit fs.fuse.max_pages_limit, in pages.
     * @throws MountException if the kernel is too old.
     */
    static Negotiation of(
            UnsafeBuffer in, int offset, int length, int wantedWrite, int pageLimit, int wantedReadAhead) {
        int major = in.getInt(offset + IN_MAJOR);
        int minor = in.getInt(offset + IN_MINOR);
        if (major != FuseProtocol.MAJOR || minor < FuseProtocol.OLDEST_MINOR) {
            throw new MountException(
                    MountException.Reason.NOT_AVAILABLE,
                    "not supported: FUSE protocol " + major + "." + minor + " of this kernel, needs "
                            + FuseProtocol.MAJOR + "." + FuseProtocol.OLDEST_MINOR
                            + " (Linux 5.4) or newer: use --backend jnr");
        }
        long offered = in.getInt(offset + IN_FLAGS) & 0xffff_ffffL;
        if ((offered & FuseProtocol.INIT_EXT) != 0 && length >= EXTENDED_LENGTH) {
            offered |= (long) in.getInt(offset + IN_FLAGS2) << 32;
        }
        long flags = offered & WANTED;
        long most = (flags & FuseProtocol.MAX_PAGES) != 0 ? (long) pageLimit * PAGE_LENGTH : LEGACY_MAX_WRITE;
        int maxWrite = (int) Math.min(wantedWrite, most);
        int readAhead = Math.max(wantedReadAhead, in.getInt(offset + IN_READ_AHEAD));
        return new Negotiation(Math.min(minor, FuseProtocol.MINOR), flags, maxWrite, readAhead);
    }

    /** Writes fuse_init_out, {@link FuseProtocol#INIT_OUT_LENGTH} bytes. */
    void encode(UnsafeBuffer out, int offset, int maxBackground) {
        out.setMemory(offset, FuseProtocol.INIT_OUT_LENGTH, (byte) 0);
        out.putInt(offset, FuseProtocol.MAJOR);
        out.putInt(offset + 4, minor);
        out.putInt(offset + 8, maxReadAhead);
        out.putInt(offset + 12, (int) flags);
        out.putShort(offset + 16, (short) maxBackground);
        // The kernel calls itself congested, and readahead holds back, at three quarters, as libfuse has it.
        out.putShort(offset + 18, (short) (maxBackground * 3 / 4));
        out.putInt(offset + 20, maxWrite);
        out.putInt(offset + 24, 1);
        // One page more than max_write fills: a program's buffer rarely begins at a page. The kernel clamps it to its
        // limit.
        out.putShort(offset + 28, (short) ((maxWrite + PAGE_LENGTH - 1) / PAGE_LENGTH + 1));
        out.putInt(offset + 32, (int) (flags >>> 32));
    }

    boolean has(long flag) {
        return (flags & flag) != 0;
    }
}

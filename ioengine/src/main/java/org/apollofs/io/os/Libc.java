package org.apollofs.io.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Linux system calls with addresses for pointers, so that no call allocates (those that take a String do).
 *
 * <p>Any thread. Every method returns what the call returns, or -errno; none throws. Nothing is retried: EINTR comes back
 * to the caller. Memory behind an address must stay valid during the call. The calls are those of section 2 of the manual.
 */
public final class Libc {
    /** Bytes of one {@code struct iovec}: address (8), length (8). */
    public static final int IOVEC_LENGTH = 16;

    /** Bytes of one {@code struct pollfd}: descriptor (4), events (2), returned events (2). */
    public static final int POLLFD_LENGTH = 8;

    public static final int FALLOC_FL_KEEP_SIZE = 1;
    public static final int FALLOC_FL_PUNCH_HOLE = 2;
    public static final int FALLOC_FL_ZERO_RANGE = 0x10;

    public static final int LOCK_SH = 1;
    public static final int LOCK_EX = 2;
    public static final int LOCK_NB = 4;
    public static final int LOCK_UN = 8;

    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int MAP_SHARED = 1;
    public static final int MAP_PRIVATE = 2;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_POPULATE = 0x8000;

    public static final int MADV_WILLNEED = 3;
    public static final int MADV_DONTNEED = 4;
    public static final int MADV_DONTFORK = 10;
    public static final int MADV_HUGEPAGE = 14;

    public static final int MS_SYNC = 4;

    public static final short POLLIN = 1;
    public static final short POLLOUT = 4;
    public static final short POLLERR = 8;
    public static final short POLLHUP = 0x10;

    public static final long MS_RDONLY = 1;
    public static final long MS_NOSUID = 2;
    public static final long MS_NODEV = 4;
    public static final long MS_NOATIME = 1024;
    public static final int MNT_FORCE = 1;
    public static final int MNT_DETACH = 2;

    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int FD_CLOEXEC = 1;

    public static final int EFD_CLOEXEC = 0x80000;
    public static final int EFD_NONBLOCK = 0x800;

    public static final int AF_UNIX = 1;
    public static final int SOCK_STREAM = 1;

    private static final int AT_FDCWD = -100;

    private Libc() {}

    /** Any system call by its number. */
    public static long syscall(long number, long a, long b, long c, long d, long e, long f) {
        return SystemCalls.call(number, a, b, c, d, e, f);
    }

    /** Opens a path; {@code flags} of {@link OpenFlags}. Returns the descriptor. Allocates. */
    public static int open(String path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return open(arena.allocateFrom(path).address(), flags, mode);
        }
    }

    /** Opens a path given as the address of a zero-terminated string. Returns the descriptor. */
    public static int open(long path, int flags, int mode) {
        return (int) SystemCalls.call(SystemCalls.OPENAT, AT_FDCWD, path, flags, mode, 0, 0);
    }

    /** Which bits of a mode files of this process are made without, from now on. Returns what it was before. */
    public static int umask(int mask) {
        return (int) SystemCalls.call(SystemCalls.UMASK, mask, 0, 0, 0, 0, 0);
    }

    /** Closes a descriptor. It is gone even when an error comes back: never close again. */
    public static int close(int fd) {
        return (int) SystemCalls.call(SystemCalls.CLOSE, fd, 0, 0, 0, 0, 0);
    }

    /** Reads up to {@code length} bytes at the descriptor's own position. Returns the bytes read. */
    public static long read(int fd, long address, long length) {
        return SystemCalls.call(SystemCalls.READ, fd, address, length, 0, 0, 0);
    }

    /** Writes up to {@code length} bytes at the descriptor's own position. Returns the bytes written. */
    public static long write(int fd, long address, long length) {
        return SystemCalls.call(SystemCalls.WRITE, fd, address, length, 0, 0, 0);
    }

    /** Reads at an offset. Returns the bytes read, 0 at the end of the file. */
    public static long pread(int fd, long address, long length, long offset) {
        return SystemCalls.call(SystemCalls.PREAD64, fd, address, length, offset, 0, 0);
    }

    /** Writes at an offset. Returns the bytes written. */
    public static long pwrite(int fd, long address, long length, long offset) {
        return SystemCalls.call(SystemCalls.PWRITE64, fd, address, length, offset, 0, 0);
    }

    /** Scattering read into {@code count} iovecs. Returns the bytes read. */
    public static long readv(int fd, long iovecs, int count) {
        return SystemCalls.call(SystemCalls.READV, fd, iovecs, count, 0, 0, 0);
    }

    /** Gathering write from {@code count} iovecs. Returns the bytes written. */
    public static long writev(int fd, long iovecs, int count) {
        return SystemCalls.call(SystemCalls.WRITEV, fd, iovecs, count, 0, 0, 0);
    }

    /** Scattering read at an offset. */
    public static long preadv(int fd, long iovecs, int count, long offset) {
        return SystemCalls.call(SystemCalls.PREADV, fd, iovecs, count, offset, 0, 0);
    }

    /** Gathering write at an offset. */
    public static long pwritev(int fd, long iovecs, int count, long offset) {
        return SystemCalls.call(SystemCalls.PWRITEV, fd, iovecs, count, offset, 0, 0);
    }

    /** Makes data and metadata durable. Blocks. */
    public static int fsync(int fd) {
        return (int) SystemCalls.call(SystemCalls.FSYNC, fd, 0, 0, 0, 0, 0);
    }

    /** Makes data, and the metadata that reading it needs, durable. Blocks. */
    public static int fdatasync(int fd) {
        return (int) SystemCalls.call(SystemCalls.FDATASYNC, fd, 0, 0, 0, 0, 0);
    }

    /** Allocates, or with a mode punches or zeroes, a range of a file. */
    public static int fallocate(int fd, int mode, long offset, long length) {
        return (int) SystemCalls.call(SystemCalls.FALLOCATE, fd, mode, offset, length, 0, 0);
    }

    /** Sets a file's size in bytes. */
    public static int ftruncate(int fd, long size) {
        return (int) SystemCalls.call(SystemCalls.FTRUNCATE, fd, size, 0, 0, 0, 0);
    }

    /**
     * Fills {@link FileStatus#LENGTH} bytes at {@code status} with what statx says of an open descriptor; read them with
     * {@link FileStatus}.
     */
    public static int statx(int fd, long status) {
        return (int) SystemCalls.call(
                SystemCalls.STATX, fd, EmptyString.ADDRESS, FileStatus.AT_EMPTY_PATH, FileStatus.MASK, status, 0);
    }

    /** Device control with a pointer or a number. */
    public static int ioctl(int fd, long request, long argument) {
        return (int) SystemCalls.call(SystemCalls.IOCTL, fd, request, argument, 0, 0, 0);
    }

    /** Reads or changes a descriptor's flags. */
    public static int fcntl(int fd, int command, long argument) {
        return (int) SystemCalls.call(SystemCalls.FCNTL, fd, command, argument, 0, 0, 0);
    }

    /** Duplicates onto a given descriptor; {@code flags}: 0 or {@link OpenFlags#O_CLOEXEC}. */
    public static int dup3(int fd, int newFd, int flags) {
        return (int) SystemCalls.call(SystemCalls.DUP3, fd, newFd, flags, 0, 0, 0);
    }

    /** Locks or unlocks an open file for other processes: LOCK_*. Released when the last descriptor closes. */
    public static int flock(int fd, int operation) {
        return (int) SystemCalls.call(SystemCalls.FLOCK, fd, operation, 0, 0, 0, 0);
    }

    /** Maps memory. Returns its address, or -errno. */
    public static long mmap(long address, long length, int protection, int flags, int fd, long offset) {
        return SystemCalls.call(SystemCalls.MMAP, address, length, protection, flags, fd, offset);
    }

    /** Unmaps memory. */
    public static int munmap(long address, long length) {
        return (int) SystemCalls.call(SystemCalls.MUNMAP, address, length, 0, 0, 0, 0);
    }

    /** Advises the kernel on mapped memory: MADV_*. */
    public static int madvise(long address, long length, int advice) {
        return (int) SystemCalls.call(SystemCalls.MADVISE, address, length, advice, 0, 0, 0);
    }

    /** Writes dirty mapped pages back. Blocks with {@link #MS_SYNC}. */
    public static int msync(long address, long length, int flags) {
        return (int) SystemCalls.call(SystemCalls.MSYNC, address, length, flags, 0, 0, 0);
    }

    /** Keeps memory from being swapped. */
    public static int mlock(long address, long length) {
        return (int) SystemCalls.call(SystemCalls.MLOCK, address, length, 0, 0, 0, 0);
    }

    /** Mounts a file system. Allocates. A null source, type or data is passed as a null pointer. */
    public static int mount(String source, String target, String type, long flags, String data) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) SystemCalls.call(
                    SystemCalls.MOUNT,
                    address(arena, source),
                    address(arena, target),
                    address(arena, type),
                    flags,
                    address(arena, data),
                    0);
        }
    }

    /** Unmounts: 0, {@link #MNT_FORCE} or {@link #MNT_DETACH}. Allocates. */
    public static int umount2(String target, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) SystemCalls.call(SystemCalls.UMOUNT2, address(arena, target), flags, 0, 0, 0, 0);
        }
    }

    /**
     * Waits until one of {@code count} pollfds is ready.
     *
     * @param timeout address of a {@code struct timespec} (seconds 8, nanoseconds 8) or 0 to wait without end. The kernel
     *     writes the time left into it.
     * @return how many are ready, 0 when the time ran out.
     */
    public static int poll(long pollFds, int count, long timeout) {
        return (int) SystemCalls.call(SystemCalls.PPOLL, pollFds, count, timeout, 0, 0, 0);
    }

    /** Makes an event counter: EFD_* flags. Returns the descriptor. */
    public static int eventfd(int initial, int flags) {
        return (int) SystemCalls.call(SystemCalls.EVENTFD2, initial, flags, 0, 0, 0, 0);
    }

    /** Makes a pair of connected sockets; writes two 4-byte descriptors at {@code pair}. */
    public static int socketpair(int domain, int type, int protocol, long pair) {
        return (int) SystemCalls.call(SystemCalls.SOCKETPAIR, domain, type, protocol, pair, 0, 0);
    }

    /** Sends a {@code struct msghdr}, with descriptors if it carries any. */
    public static long sendmsg(int fd, long message, int flags) {
        return SystemCalls.call(SystemCalls.SENDMSG, fd, message, flags, 0, 0, 0);
    }

    /** Receives a {@code struct msghdr}, with descriptors if it carries any. */
    public static long recvmsg(int fd, long message, int flags) {
        return SystemCalls.call(SystemCalls.RECVMSG, fd, message, flags, 0, 0, 0);
    }

    /** Makes a pipe; writes two 4-byte descriptors, reading end first, at {@code pair}. */
    public static int pipe2(long pair, int flags) {
        return (int) SystemCalls.call(SystemCalls.PIPE2, pair, flags, 0, 0, 0, 0);
    }

    /** Moves bytes between a pipe and another descriptor. Offsets are addresses of 8-byte offsets, or 0. */
    public static long splice(int in, long inOffset, int out, long outOffset, long length, int flags) {
        return SystemCalls.call(SystemCalls.SPLICE, in, inOffset, out, outOffset, length, flags);
    }

    /** Makes an io_uring of {@code entries}; {@code params}: address of a {@code struct io_uring_params}. */
    public static int ioUringSetup(int entries, long params) {
        return (int) SystemCalls.call(SystemCalls.IO_URING_SETUP, entries, params, 0, 0, 0, 0);
    }

    /** Submits to and waits on an io_uring. Returns the entries consumed. */
    public static int ioUringEnter(int fd, int toSubmit, int minComplete, int flags) {
        return (int) SystemCalls.call(SystemCalls.IO_URING_ENTER, fd, toSubmit, minComplete, flags, 0, 0);
    }

    /** Registers resources with an io_uring. */
    public static int ioUringRegister(int fd, int operation, long argument, int count) {
        return (int) SystemCalls.call(SystemCalls.IO_URING_REGISTER, fd, operation, argument, count, 0, 0);
    }

    private static long address(Arena arena, String text) {
        return text == null ? 0 : arena.allocateFrom(text).address();
    }

    /** The path of "the descriptor itself". */
    private static final class EmptyString {
        private static final MemorySegment SEGMENT = Arena.global().allocateFrom("");
        static final long ADDRESS = SEGMENT.address();
    }
}

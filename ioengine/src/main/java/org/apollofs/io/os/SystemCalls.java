package org.apollofs.io.os;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * The one door to the kernel: libc's {@code syscall(2)} with its error number captured, and the numbers of the calls on
 * both architectures. Any thread; allocates once per thread, for the captured error number.
 */
final class SystemCalls {
    /** True on aarch64, false on x86-64. */
    static final boolean AARCH64 = isAarch64();

    static final long READ = number(0, 63);
    static final long WRITE = number(1, 64);
    static final long CLOSE = number(3, 57);
    static final long MMAP = number(9, 222);
    static final long MUNMAP = number(11, 215);
    static final long IOCTL = number(16, 29);
    static final long PREAD64 = number(17, 67);
    static final long PWRITE64 = number(18, 68);
    static final long READV = number(19, 65);
    static final long WRITEV = number(20, 66);
    static final long MSYNC = number(26, 227);
    static final long MADVISE = number(28, 233);
    static final long SENDMSG = number(46, 211);
    static final long RECVMSG = number(47, 212);
    static final long SOCKETPAIR = number(53, 199);
    static final long FCNTL = number(72, 25);
    static final long FLOCK = number(73, 32);
    static final long FSYNC = number(74, 82);
    static final long FDATASYNC = number(75, 83);
    static final long FTRUNCATE = number(77, 46);
    static final long UMASK = number(95, 166);
    static final long MLOCK = number(149, 228);
    static final long MOUNT = number(165, 40);
    static final long UMOUNT2 = number(166, 39);
    static final long OPENAT = number(257, 56);
    static final long PPOLL = number(271, 73);
    static final long SPLICE = number(275, 76);
    static final long FALLOCATE = number(285, 47);
    static final long EVENTFD2 = number(290, 19);
    static final long DUP3 = number(292, 24);
    static final long PIPE2 = number(293, 59);
    static final long PREADV = number(295, 69);
    static final long PWRITEV = number(296, 70);
    static final long STATX = number(332, 291);
    static final long IO_URING_SETUP = 425;
    static final long IO_URING_ENTER = 426;
    static final long IO_URING_REGISTER = 427;

    private static final MethodHandle SYSCALL = handle();
    private static final long ERRNO_OFFSET =
            Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    /** The automatic arena frees a thread's piece once the thread is gone. */
    private static final ThreadLocal<MemorySegment> CAPTURED =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    private SystemCalls() {}

    /**
     * Calls the kernel.
     *
     * @return what the call returns, or -errno.
     */
    static long call(long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment captured = CAPTURED.get();
        long result;
        try {
            result = (long) SYSCALL.invokeExact(captured, number, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw new IllegalStateException("system call failed in the virtual machine: number=" + number, t);
        }
        return result != -1 ? result : -captured.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
        Linker linker = Linker.nativeLinker();
        MemoryLayout word = ValueLayout.JAVA_LONG;
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, word, word, word, word, word, word, word),
                Linker.Option.firstVariadicArg(1),
                Linker.Option.captureCallState("errno"));
    }

    private static long number(int x8664, int aarch64) {
        return AARCH64 ? aarch64 : x8664;
    }

    private static boolean isAarch64() {
        String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return switch (name) {
            case "amd64", "x86_64" -> false;
            case "aarch64", "arm64" -> true;
            default -> throw new IllegalStateException("not supported: os.arch=" + name + " (x86-64 or aarch64)");
        };
    }
}

package org.apollofs.io.os;

/** Flags of {@link Libc#open}, with the values of this machine's architecture (fcntl.h). */
public final class OpenFlags {
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_TRUNC = 0x200;
    public static final int O_APPEND = 0x400;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DSYNC = 0x1000;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_PATH = 0x200000;
    public static final int O_NOATIME = 0x40000;
    public static final int O_DIRECT = SystemCalls.AARCH64 ? 0x10000 : 0x4000;
    public static final int O_DIRECTORY = SystemCalls.AARCH64 ? 0x4000 : 0x10000;
    public static final int O_NOFOLLOW = SystemCalls.AARCH64 ? 0x8000 : 0x20000;

    private OpenFlags() {}
}

package org.apollofs.fuse.kernel;

/**
 * Numbers and layouts of the kernel's FUSE protocol 7.x (include/uapi/linux/fuse.h), native byte order.
 *
 * <pre>
 * request:  0    4       8        16       24   28   32   36        38       40
 *           +----+-------+--------+--------+----+----+----+---------+--------+----------
 *           |len | opcode| unique | nodeid |uid |gid |pid |ext len  |padding | arguments
 *           +----+-------+--------+--------+----+----+----+---------+--------+----------
 * reply:    0    4       8        16
 *           +----+-------+--------+----------
 *           |len |-errno | unique | result      (unique 0: a notification, its code in the place of errno)
 *           +----+-------+--------+----------
 * </pre>
 */
final class FuseProtocol {
    static final int MAJOR = 7;
    /** Newest minor version whose messages are known here. */
    static final int MINOR = 40;
    /** Oldest that is served: 7.31 is Linux 5.4. */
    static final int OLDEST_MINOR = 31;

    static final int LOOKUP = 1;
    static final int FORGET = 2;
    static final int GETATTR = 3;
    static final int SETATTR = 4;
    static final int READLINK = 5;
    static final int SYMLINK = 6;
    static final int MKNOD = 8;
    static final int MKDIR = 9;
    static final int UNLINK = 10;
    static final int RMDIR = 11;
    static final int RENAME = 12;
    static final int LINK = 13;
    static final int OPEN = 14;
    static final int READ = 15;
    static final int WRITE = 16;
    static final int STATFS = 17;
    static final int RELEASE = 18;
    static final int FSYNC = 20;
    static final int SETXATTR = 21;
    static final int GETXATTR = 22;
    static final int LISTXATTR = 23;
    static final int REMOVEXATTR = 24;
    static final int FLUSH = 25;
    static final int INIT = 26;
    static final int OPENDIR = 27;
    static final int READDIR = 28;
    static final int RELEASEDIR = 29;
    static final int FSYNCDIR = 30;
    static final int CREATE = 35;
    static final int INTERRUPT = 36;
    static final int DESTROY = 38;
    static final int NOTIFY_REPLY = 41;
    static final int BATCH_FORGET = 42;
    static final int READDIRPLUS = 44;
    static final int RENAME2 = 45;

    static final int IN_LENGTH = 0;
    static final int IN_OPCODE = 4;
    static final int IN_UNIQUE = 8;
    static final int IN_NODE = 16;
    static final int IN_UID = 24;
    static final int IN_GID = 28;
    static final int IN_HEADER_LENGTH = 40;
    /** fuse_in_header and fuse_write_in: the payload of a WRITE comes right after. */
    static final int WRITE_HEADER_LENGTH = 80;

    static final int OUT_LENGTH = 0;
    static final int OUT_ERROR = 4;
    static final int OUT_UNIQUE = 8;
    static final int OUT_HEADER_LENGTH = 16;

    static final int ENTRY_OUT_LENGTH = 128;
    static final int ATTR_OUT_LENGTH = 104;
    static final int OPEN_OUT_LENGTH = 16;
    static final int WRITE_OUT_LENGTH = 8;
    static final int STATFS_OUT_LENGTH = 80;
    static final int GETXATTR_OUT_LENGTH = 8;
    static final int INIT_OUT_LENGTH = 64;
    static final int DIRENT_HEADER_LENGTH = 24;

    /** fuse_init_in and fuse_init_out flags, 64 bits: the upper ones travel as flags2 with INIT_EXT. */
    static final long ASYNC_READ = 1;

    static final long ATOMIC_O_TRUNC = 1L << 3;
    static final long BIG_WRITES = 1L << 5;
    static final long AUTO_INVAL_DATA = 1L << 12;
    static final long DO_READDIRPLUS = 1L << 13;
    static final long READDIRPLUS_AUTO = 1L << 14;
    static final long ASYNC_DIO = 1L << 15;
    static final long PARALLEL_DIROPS = 1L << 18;
    static final long MAX_PAGES = 1L << 22;
    static final long CACHE_SYMLINKS = 1L << 23;
    static final long HANDLE_KILLPRIV_V2 = 1L << 28;
    static final long INIT_EXT = 1L << 30;
    static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;

    static final int FOPEN_DIRECT_IO = 1;
    static final int FOPEN_KEEP_CACHE = 1 << 1;
    static final int FOPEN_NOFLUSH = 1 << 5;
    static final int FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

    static final int FATTR_MODE = 1;
    static final int FATTR_UID = 1 << 1;
    static final int FATTR_GID = 1 << 2;
    static final int FATTR_SIZE = 1 << 3;
    static final int FATTR_ATIME = 1 << 4;
    static final int FATTR_MTIME = 1 << 5;
    static final int FATTR_FH = 1 << 6;
    static final int FATTR_ATIME_NOW = 1 << 7;
    static final int FATTR_MTIME_NOW = 1 << 8;
    static final int FATTR_KILL_SUIDGID = 1 << 11;

    static final int OPEN_KILL_SUIDGID = 1;
    static final int WRITE_CACHE = 1;
    static final int WRITE_KILL_SUIDGID = 1 << 2;

    static final int NOTIFY_INVAL_INODE = 2;

    /** FUSE_DEV_IOC_CLONE: _IOR(229, 0, uint32_t), the same on x86-64 and aarch64. */
    static final long DEV_IOC_CLONE = 0x8004_E500L;

    private FuseProtocol() {}

    /** The kind of a request, for messages. */
    static String nameOf(int opcode) {
        return switch (opcode) {
            case LOOKUP -> "LOOKUP";
            case GETATTR -> "GETATTR";
            case SETATTR -> "SETATTR";
            case OPEN -> "OPEN";
            case CREATE -> "CREATE";
            case READ -> "READ";
            case WRITE -> "WRITE";
            case FLUSH -> "FLUSH";
            case FSYNC -> "FSYNC";
            case RELEASE -> "RELEASE";
            case RENAME, RENAME2 -> "RENAME";
            case UNLINK -> "UNLINK";
            case MKDIR -> "MKDIR";
            case RMDIR -> "RMDIR";
            case READDIR, READDIRPLUS -> "READDIR";
            case STATFS -> "STATFS";
            case SETXATTR -> "SETXATTR";
            case GETXATTR -> "GETXATTR";
            case LISTXATTR -> "LISTXATTR";
            case REMOVEXATTR -> "REMOVEXATTR";
            default -> "opcode " + opcode;
        };
    }
}

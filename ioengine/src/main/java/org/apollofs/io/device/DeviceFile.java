package org.apollofs.io.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.agrona.BufferUtil;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.FileStatus;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.apollofs.io.os.OsException;

/**
 * An opened data file or raw device: its descriptor and what the kernel says of its size and granule. The device that
 * opened it closes it.
 */
final class DeviceFile implements AutoCloseable {
    private static final long BLKSSZGET = 0x1268;
    private static final long BLKGETSIZE64 = 0x80081272L;
    private static final int PROBE_LENGTH = 512;
    private static final int BUSY_RETRIES = 50;
    private static final long BUSY_PARK_NS = 10_000_000;
    private static final int CAUTIOUS_BLOCK_LENGTH = 4096;

    private final int fd;
    private final DeviceGeometry geometry;
    private final boolean raw;

    private DeviceFile(int fd, DeviceGeometry geometry, boolean raw) {
        this.fd = fd;
        this.geometry = geometry;
        this.raw = raw;
    }

    /**
     * Opens what the context names.
     *
     * @throws OsException if it cannot be opened, is no file or block device, or is smaller than the context's capacity.
     */
    static DeviceFile open(BlockDeviceContext context) throws OsException {
        Path path = context.path();
        int flags = OpenFlags.O_CLOEXEC
                | (context.readOnly() ? OpenFlags.O_RDONLY : OpenFlags.O_RDWR)
                | (context.directIo() ? OpenFlags.O_DIRECT : 0);
        if (!context.readOnly() && isBlockDevice(path)) {
            // Keeps out mounts and other stores, and us where one of those is (open(2)).
            flags |= OpenFlags.O_EXCL;
        }
        int fd = Libc.open(path.toString(), flags, 0);
        for (int i = 0; i < BUSY_RETRIES && fd == -Errno.EBUSY; i++) {
            // The kernel lets go of a closed io_uring's files a moment later.
            LockSupport.parkNanos(BUSY_PARK_NS);
            fd = Libc.open(path.toString(), flags, 0);
        }
        if (fd == -Errno.EINVAL && context.directIo()) {
            throw new OsException("open failed: path=" + path + ", the file system has no O_DIRECT", fd);
        }
        if (fd < 0) {
            throw new OsException("open failed: path=" + path, fd);
        }
        try {
            return measure(fd, context);
        } catch (OsException | RuntimeException e) {
            Libc.close(fd);
            throw e;
        }
    }

    int fd() {
        return fd;
    }

    DeviceGeometry geometry() {
        return geometry;
    }

    /** What {@code describe} says of the file itself. */
    String describe() {
        return "path=" + geometry.name() + (raw ? " (raw device)" : "") + ", capacity=" + geometry.capacity()
                + ", block=" + geometry.blockLength();
    }

    @Override
    public void close() {
        Libc.close(fd);
    }

    private static boolean isBlockDevice(Path path) throws OsException {
        int fd = Libc.open(path.toString(), OpenFlags.O_PATH | OpenFlags.O_CLOEXEC, 0);
        if (fd < 0) {
            return false; // the open that follows says why
        }
        try {
            return FileStatus.of(fd).isBlockDevice();
        } finally {
            Libc.close(fd);
        }
    }

    private static DeviceFile measure(int fd, BlockDeviceContext context) throws OsException {
        FileStatus status = FileStatus.of(fd);
        String name = context.path().toString();
        boolean raw = status.isBlockDevice();
        if (!raw && !status.isRegularFile()) {
            throw new OsException("open failed: path=" + name + ", neither a file nor a block device", Errno.ENOTBLK);
        }
        int blockLength = raw ? (int) ioctlNumber(fd, BLKSSZGET, name) : fileBlockLength(fd, status);
        long size = raw ? ioctlNumber(fd, BLKGETSIZE64, name) : status.size();
        long usable = size / blockLength * blockLength;
        long wanted = context.capacity() / blockLength * blockLength;
        if (usable < Math.max(wanted, blockLength)) {
            throw new OsException(
                    "open failed: path=" + name + ", size=" + size + ", smaller than " + Math.max(wanted, blockLength),
                    Errno.ENOSPC);
        }
        return new DeviceFile(fd, new DeviceGeometry(name, wanted > 0 ? wanted : usable, blockLength), raw);
    }

    private static long ioctlNumber(int fd, long request, String name) throws OsException {
        ByteBuffer number = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
        int result = Libc.ioctl(fd, request, BufferUtil.address(number));
        if (result < 0) {
            throw new OsException("ioctl failed: path=" + name + ", request=0x" + Long.toHexString(request), result);
        }
        return request == BLKSSZGET ? number.getInt(0) : number.getLong(0);
    }

    /** Before Linux 6.1 statx does not tell: a small direct read does. An empty file cannot be asked. */
    private static int fileBlockLength(int fd, FileStatus status) {
        if (status.directOffsetAlignment() > 0) {
            return Math.max(PROBE_LENGTH, status.directOffsetAlignment());
        }
        ByteBuffer memory = BufferUtil.allocateDirectAligned(CAUTIOUS_BLOCK_LENGTH, CAUTIOUS_BLOCK_LENGTH);
        long read = Libc.pread(fd, BufferUtil.address(memory), PROBE_LENGTH, 0);
        return read == PROBE_LENGTH ? PROBE_LENGTH : CAUTIOUS_BLOCK_LENGTH;
    }
}

package org.apollofs.io.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.BufferUtil;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.FileStatus;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.apollofs.io.os.OsException;

/**
 * Makes the data file of a target at its full size, so that later writes find their space. Any thread; blocks; leaves
 * nothing behind when it fails on a file it made.
 */
public final class DataFile {
    private static final int ZEROES_LENGTH = 4 * 1024 * 1024;
    private static final int ALIGNMENT = 4096;

    private DataFile() {}

    /** How the space is taken. */
    public enum Mode {
        /** Space is reserved at once; each block's first write also converts its extent, which costs a journal entry. */
        ALLOCATED,
        /** Each byte is written once, so that later writes touch no metadata. Takes as long as filling the file does. */
        ZEROED,
        /** No space is taken: writes find out whether there is any. For measurements of what is not the disk. */
        SPARSE
    }

    /** Told now and then how far it is. */
    @FunctionalInterface
    public interface Progress {
        /** Nothing is told. */
        Progress NONE = (doneBytes, totalBytes) -> {};

        void onProgress(long doneBytes, long totalBytes);
    }

    /**
     * Makes or completes a file and makes it durable, its name too. What is in the file already is not touched: a file
     * that has the size is left alone, a shorter one grows (so an interrupted call can be made again).
     *
     * @param path in a folder that exists.
     * @param size bytes, a positive multiple of 4096.
     * @return true if the file was made or grew.
     * @throws OsException with ENOSPC, EACCES and so on; EFBIG if the file is longer than {@code size}.
     */
    public static boolean prepare(Path path, long size, Mode mode, Progress progress) throws IOException {
        if (size <= 0 || size % ALIGNMENT != 0) {
            throw new IllegalArgumentException(
                    "data file: path=" + path + ", size=" + size + " (a positive multiple of " + ALIGNMENT + ")");
        }
        boolean made = !Files.exists(path);
        int fd = openForFilling(path);
        try {
            return fill(fd, path, size, mode, progress);
        } catch (IOException | RuntimeException e) {
            if (made) {
                Files.deleteIfExists(path);
            }
            throw e;
        } finally {
            Libc.close(fd);
        }
    }

    private static int openForFilling(Path path) throws OsException {
        int flags = OpenFlags.O_CREAT | OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC;
        int fd = Libc.open(path.toString(), flags | OpenFlags.O_DIRECT, 0600);
        if (fd == -Errno.EINVAL) {
            fd = Libc.open(path.toString(), flags, 0600);
        }
        if (fd < 0) {
            throw new OsException("open failed: path=" + path, fd);
        }
        return fd;
    }

    private static boolean fill(int fd, Path path, long size, Mode mode, Progress progress) throws IOException {
        long present = FileStatus.of(fd).size();
        if (present > size) {
            throw new OsException(
                    "data file longer than asked for: path=" + path + ", size=" + present + ", asked=" + size,
                    Errno.EFBIG);
        }
        if (present == size) {
            progress.onProgress(size, size);
            return false;
        }
        // Reserving first tells ENOSPC at once, and lays the file out in few extents.
        int keepSize = mode == Mode.ZEROED ? Libc.FALLOC_FL_KEEP_SIZE : 0;
        if (mode == Mode.SPARSE) {
            check(Libc.ftruncate(fd, size), "ftruncate", path, 0, size);
        } else {
            check(uninterrupted(fd, keepSize, size), "fallocate", path, 0, size);
        }
        if (mode == Mode.ZEROED) {
            writeZeroes(fd, path, present / ALIGNMENT * ALIGNMENT, size, progress);
        }
        check(Libc.fsync(fd), "fsync", path, 0, size);
        syncFolder(path);
        progress.onProgress(size, size);
        return true;
    }

    private static int uninterrupted(int fd, int mode, long size) {
        int result;
        do {
            result = Libc.fallocate(fd, mode, 0, size);
        } while (result == -Errno.EINTR);
        return result;
    }

    private static void writeZeroes(int fd, Path path, long from, long size, Progress progress) throws OsException {
        ByteBuffer zeroes = BufferUtil.allocateDirectAligned(ZEROES_LENGTH, ALIGNMENT);
        long address = BufferUtil.address(zeroes);
        long offset = from;
        while (offset < size) {
            progress.onProgress(offset, size);
            long length = Math.min(ZEROES_LENGTH, size - offset);
            long written = Libc.pwrite(fd, address, length, offset);
            if (written != -Errno.EINTR) {
                check(written == 0 ? -Errno.EIO : written, "write", path, offset, length);
                // A direct write that stops within a block goes on at the block's start.
                offset = (offset + written) / ALIGNMENT * ALIGNMENT;
            }
        }
    }

    /** A new name is durable only when its folder is. */
    private static void syncFolder(Path path) throws OsException {
        Path folder = path.toAbsolutePath().getParent();
        int fd = Libc.open(folder.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC, 0);
        check(fd, "open", folder, 0, 0);
        int result = Libc.fsync(fd);
        Libc.close(fd);
        check(result, "fsync", folder, 0, 0);
    }

    private static void check(long result, String call, Path path, long offset, long length) throws OsException {
        if (result < 0) {
            throw new OsException(
                    call + " failed: path=" + path + ", offset=" + offset + ", length=" + length, (int) result);
        }
    }
}

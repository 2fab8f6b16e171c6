package org.apollofs.perf.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.BufferUtil;
import org.apollofs.io.device.DataFile;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.apollofs.io.os.OsException;

/** The ceiling without fio: as many threads as writes under way, each with one aligned buffer and pwrite(2). */
final class PlainCeiling implements DeviceCeiling {
    private static final int ALIGNMENT = 4096;

    private final Path folder;

    PlainCeiling(Path folder) {
        this.folder = folder;
    }

    @Override
    public String method() {
        return "plain O_DIRECT writer, " + QUEUE_DEPTH + " threads";
    }

    @Override
    public double measure(long bytes) throws IOException {
        Path file = folder.resolve("apollo-device-ceiling.bin");
        try {
            Files.deleteIfExists(file);
            DataFile.prepare(file, bytes, DataFile.Mode.ALLOCATED, DataFile.Progress.NONE);
            return (double) bytes / write(file, bytes);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static long write(Path file, long bytes) throws IOException {
        int fd = Libc.open(file.toString(), OpenFlags.O_WRONLY | OpenFlags.O_DIRECT | OpenFlags.O_CLOEXEC, 0);
        if (fd < 0) {
            throw new OsException("open failed: path=" + file, fd);
        }
        AtomicLong next = new AtomicLong();
        try {
            return WriterGroup.run(QUEUE_DEPTH, writer -> {
                ByteBuffer block = BufferUtil.allocateDirectAligned(BLOCK_LENGTH, ALIGNMENT);
                WriterGroup.fill(block, writer.index());
                writer.ready();
                for (long offset = next.getAndAdd(BLOCK_LENGTH);
                        offset < bytes;
                        offset = next.getAndAdd(BLOCK_LENGTH)) {
                    long written = Libc.pwrite(fd, BufferUtil.address(block), BLOCK_LENGTH, offset);
                    if (written != BLOCK_LENGTH) {
                        throw new OsException(
                                "write failed: path=" + file + ", offset=" + offset + ", length=" + BLOCK_LENGTH,
                                written < 0 ? (int) written : -Errno.EIO);
                    }
                }
                int synced = Libc.fsync(fd);
                if (synced < 0) {
                    throw new OsException("fsync failed: path=" + file, synced);
                }
            });
        } finally {
            Libc.close(fd);
        }
    }
}

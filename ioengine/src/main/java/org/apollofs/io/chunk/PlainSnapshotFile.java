package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.FileStatus;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OsException;

/** A snapshot in a file, by pread and pwrite. */
final class PlainSnapshotFile implements SnapshotFile {
    private final Path path;
    private int descriptor;

    /** @param descriptor open for reading and writing: closed with this. */
    PlainSnapshotFile(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    @Override
    public String name() {
        return path.getFileName().toString();
    }

    @Override
    public long length() throws IOException {
        return FileStatus.of(descriptor).size();
    }

    @Override
    public void write(long position, UnsafeBuffer buffer, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            long written =
                    Libc.pwrite(descriptor, buffer.addressOffset() + offset + done, length - done, position + done);
            if (written > 0) {
                done += (int) written;
            } else if (written != -Errno.EINTR) {
                throw failed("snapshot write", position, length, written == 0 ? -Errno.EIO : written);
            }
        }
    }

    @Override
    public int read(long position, UnsafeBuffer buffer, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            long read = Libc.pread(descriptor, buffer.addressOffset() + offset + done, length - done, position + done);
            if (read > 0) {
                done += (int) read;
            } else if (read == 0) {
                return done;
            } else if (read != -Errno.EINTR) {
                throw failed("snapshot read", position, length, read);
            }
        }
        return done;
    }

    private OsException failed(String what, long position, int length, long result) {
        return new OsException(
                what + " failed: path=" + path + ", offset=" + position + ", length=" + length, (int) result);
    }

    @Override
    public boolean queueSync(BlockDevice device, long token) {
        return device.queueSync(token, descriptor);
    }

    @Override
    public void close() {
        if (descriptor >= 0) {
            Libc.close(descriptor);
            descriptor = -1;
        }
    }
}

package org.apollofs.namespace.cluster;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Finds out whether a file system has shut down, by a read of some bytes from its page cache: well below a microsecond.
 *
 * <p>An fdatasync(2) that races with the shutdown of an XFS may say that it worked though the log was not written (seen with
 * Linux 6.18, once in some hundred shutdowns). Afterwards XFS and ext4 refuse each read(2) and write(2) with EIO. So what was
 * synced, and is followed by a read that works, was synced indeed. A write would do too, but waits for the journal now and
 * then, to note its time. One thread at a time.
 */
final class ShutdownProbe implements AutoCloseable {
    private static final int LENGTH = Long.BYTES;

    private final FileChannel channel;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(LENGTH);

    /** @param file made anew. */
    ShutdownProbe(Path file) {
        try {
            channel = FileChannel.open(
                    file,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING);
            channel.write(bytes, 0);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into the member's folder: file=" + file, e);
        }
    }

    /** Reads. @throws IOException if the file system has shut down. */
    void check() throws IOException {
        bytes.clear();
        if (channel.read(bytes, 0) != LENGTH) {
            throw new EOFException("the probe of the member's file system was cut");
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Finds out whether a file system still takes writes, by a write of some bytes into its page cache: about a microsecond.
 *
 * <p>An fdatasync(2) that races with the shutdown of an XFS may say that it worked though the log was not written (seen with
 * Linux 6.18, once in some hundred shutdowns). A write after the shutdown fails in any case. So what was synced, and is
 * followed by a write that works, was synced indeed. One thread at a time.
 */
final class WriteProbe implements AutoCloseable {
    private static final int LENGTH = Long.BYTES;

    private final FileChannel channel;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(LENGTH);

    /** @param file made anew. */
    WriteProbe(Path file) {
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into the member's folder: file=" + file, e);
        }
    }

    /** Writes. @throws IOException if the file system takes no writes any more. */
    void check() throws IOException {
        bytes.clear();
        channel.write(bytes, 0);
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

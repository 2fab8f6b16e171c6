package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.MappedBytes;
import net.openhft.chronicle.core.io.BackgroundResourceReleaser;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OsException;

/**
 * A journal file mapped whole by Chronicle Bytes.
 *
 * <p>Chronicle's own {@code sync()} does nothing unless a sync mode says so, and msync would block. Durability comes from
 * fdatasync of a second descriptor of the file, through the device's queue: the kernel writes back the dirty pages of the
 * file whoever dirtied them (fdatasync(2) works on the inode).
 */
final class MappedJournalFile implements JournalFile {
    static final int MAX_LENGTH = 1 << 30;

    private final String name;
    private final MappedBytes bytes;
    private final UnsafeBuffer header = new UnsafeBuffer(ByteBuffer.allocateDirect(JournalHeader.ENCODED_LENGTH));
    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private int descriptor;

    /** @param descriptor open for reading and writing: closed with this. */
    MappedJournalFile(Path path, int descriptor, long length) throws IOException {
        this.name = path.getFileName().toString();
        if (length < JournalHeader.LENGTH + JournalRecord.MAX_LENGTH || length > MAX_LENGTH) {
            throw new IOException(
                    "journal refused: path=" + path + ", length=" + length + " (at most " + MAX_LENGTH + ")");
        }
        bytes = MappedBytes.singleMappedBytes(path.toFile(), length);
        bytes.singleThreadedCheckDisabled(true);
        buffer.wrap(bytes.addressForWrite(0), (int) length);
        this.descriptor = descriptor;
    }

    @Override
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /** By pwrite(2), whose bytes are in the file's page, and so in the mapping, all at once: the kernel holds the page locked. */
    @Override
    public void writeHeader(JournalHeader newHeader) throws IOException {
        newHeader.encode(header);
        long written = Libc.pwrite(descriptor, header.addressOffset(), JournalHeader.ENCODED_LENGTH, 0);
        if (written < 0) {
            throw new OsException("journal header failed: file=" + name, (int) written);
        }
        if (written != JournalHeader.ENCODED_LENGTH) {
            throw new IOException("journal header failed: file=" + name + ", written=" + written);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean queueSync(BlockDevice device, long token) {
        return device.queueSync(token, descriptor);
    }

    @Override
    public void close() {
        if (descriptor >= 0) {
            buffer.wrap(0, 0);
            unmap();
            Libc.close(descriptor);
            descriptor = -1;
        }
    }

    /**
     * Chronicle keeps one reference to a single mapping that nobody gives back, whatever becomes of the bytes: the mapping
     * would stay for as long as the process, and with it the file system could not be unmounted.
     */
    private void unmap() {
        BytesStore<?, ?> mapping = bytes.bytesStore();
        bytes.releaseLast();
        if (mapping.refCount() > 0) {
            mapping.releaseLast();
        }
        BackgroundResourceReleaser.releasePendingResources();
    }
}

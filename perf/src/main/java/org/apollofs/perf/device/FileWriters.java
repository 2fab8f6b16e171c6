package org.apollofs.perf.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.BufferUtil;

/**
 * Writers into a folder, through whatever file system it is on: each writes its own new file from start to end by 1 MiB,
 * fsyncs and closes it. One thread calls.
 */
public final class FileWriters {
    private static final int ALIGNMENT = 4096;
    /** More than one block, so that neighbours differ. */
    private static final int BLOCK_COUNT = 8;

    private final Path folder;
    private final int count;

    /** @param count writers. */
    public FileWriters(Path folder, int count) {
        this.folder = folder;
        this.count = count;
    }

    /**
     * Writes once; the files stay until {@link #delete()}.
     *
     * @param bytes of all files, a multiple of 1 MiB and of the writers.
     * @return GB (1e9 bytes) per second, from first open to last close.
     */
    public double measure(long bytes) throws IOException {
        long each = bytes / count;
        long ns = WriterGroup.run(count, writer -> {
            ByteBuffer blocks = BufferUtil.allocateDirectAligned(BLOCK_COUNT * DeviceCeiling.BLOCK_LENGTH, ALIGNMENT);
            WriterGroup.fill(blocks, writer.index());
            writer.ready();
            write(file(writer.index()), blocks, each);
        });
        return (double) each * count / ns;
    }

    /** Deletes the files. */
    public void delete() throws IOException {
        for (int i = 0; i < count; i++) {
            Files.deleteIfExists(file(i));
        }
    }

    private Path file(int index) {
        return folder.resolve("bench-" + index + ".bin");
    }

    private static void write(Path file, ByteBuffer blocks, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            long offset = 0;
            while (offset < bytes) {
                int block = (int) (offset / DeviceCeiling.BLOCK_LENGTH % BLOCK_COUNT) * DeviceCeiling.BLOCK_LENGTH;
                int within = (int) (offset % DeviceCeiling.BLOCK_LENGTH);
                long end = Math.min(DeviceCeiling.BLOCK_LENGTH, within + bytes - offset);
                blocks.limit(block + (int) end).position(block + within);
                offset += channel.write(blocks);
                blocks.clear();
            }
            channel.force(true);
        }
    }
}

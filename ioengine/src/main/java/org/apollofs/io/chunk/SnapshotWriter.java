package org.apollofs.io.chunk;

import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.checksum.Crc32c;

/**
 * Writes a snapshot of the index piece by piece, a segment at each call, while the index goes on changing.
 *
 * <p>The snapshot is not of one moment: it has every chunk that stayed in place since it began, and some of the changes since
 * then. That is enough, because the journal that begins with it has all of those changes in order, each says the whole truth
 * of its chunk, and the last one wins. The store's thread only; the file belongs to the caller.
 */
final class SnapshotWriter implements AutoCloseable {
    private final ChunkIndex index;
    private final Crc32c crc = new Crc32c();
    private final ChunkEntry entry = new ChunkEntry();
    private final NativeMemory memory = new NativeMemory(SnapshotBlock.MAX_LENGTH);
    private final UnsafeBuffer buffer = memory.buffer();
    private final ChunkIndex.EntryConsumer appendEntry = this::onEntry;
    private SnapshotFile file;
    private JournalHeader header;
    private int nextSegment;
    private int length;
    private int entries;
    private int number;
    private long chunkCount;
    private long bytes;
    private IOException failure;

    SnapshotWriter(ChunkIndex index) {
        this.index = index;
    }

    /** Begins a snapshot. @param header with the generation of the journal that goes on after it. */
    void begin(SnapshotFile snapshotFile, JournalHeader header) throws IOException {
        this.file = snapshotFile;
        this.header = header;
        nextSegment = 0;
        number = 0;
        chunkCount = 0;
        failure = null;
        buffer.setMemory(0, JournalHeader.LENGTH, (byte) 0);
        header.encode(buffer);
        file.write(0, buffer, 0, JournalHeader.LENGTH);
        bytes = JournalHeader.LENGTH;
        startBlock();
    }

    /** Writes one segment, or what is at the end. @return true when the snapshot is complete, though not durable. */
    boolean writeNext() throws IOException {
        if (nextSegment < index.segmentCount()) {
            index.forEach(nextSegment++, entry, appendEntry);
            if (failure != null) {
                throw failure;
            }
            return false;
        }
        if (entries > 0) {
            finishBlock(entries);
        }
        finishBlock(SnapshotBlock.LAST);
        return true;
    }

    private void onEntry(ChunkEntry chunk) {
        if (failure != null) {
            return;
        }
        try {
            if (length + EntryCodec.encodedLength(chunk) > SnapshotBlock.MAX_LENGTH) {
                finishBlock(entries);
            }
            length += EntryCodec.encode(buffer, length, chunk);
            entries++;
            chunkCount++;
        } catch (IOException e) {
            failure = e;
        }
    }

    private void finishBlock(int count) throws IOException {
        SnapshotBlock.finish(buffer, 0, length, count, number++, header.generation(), chunkCount, crc);
        file.write(bytes, buffer, 0, length);
        bytes += length;
        startBlock();
    }

    private void startBlock() {
        length = SnapshotBlock.HEADER_LENGTH;
        entries = 0;
    }

    /** Bytes written so far. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        memory.close();
    }
}

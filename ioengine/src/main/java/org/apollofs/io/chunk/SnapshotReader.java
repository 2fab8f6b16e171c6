package org.apollofs.io.chunk;

import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.chunk.TargetRefusedException.Reason;

/** Loads a snapshot into an empty index. Recovery only: it blocks. */
final class SnapshotReader {
    private static final int BUFFER_LENGTH = 1 << 20;

    private final Superblock superblock;
    private final Crc32c crc = new Crc32c();
    private final SnapshotFile file;
    private final long generation;
    private final ChunkEntry entry = new ChunkEntry();
    private final ChunkEntry replaced = new ChunkEntry();
    private JournalHeader header;

    SnapshotReader(Superblock superblock, SnapshotFile file, long generation) {
        this.superblock = superblock;
        this.file = file;
        this.generation = generation;
    }

    /**
     * Reads everything.
     *
     * @return the header, which says with which journal record to go on.
     * @throws TargetRefusedException if any of it is damaged: it was durable before it got its name.
     */
    JournalHeader load(ChunkIndex index) throws IOException {
        try (NativeMemory memory = new NativeMemory(BUFFER_LENGTH)) {
            UnsafeBuffer buffer = memory.buffer();
            readHeader(buffer);
            // A bound on the hint: no more chunks than their entries have room for.
            index.expect(Math.min(header.chunkCount(), file.length() / EntryCodec.FIXED_LENGTH));
            loadBlocks(buffer, index);
        }
        return header;
    }

    private void readHeader(UnsafeBuffer buffer) throws IOException {
        if (file.read(0, buffer, 0, JournalHeader.LENGTH) < JournalHeader.LENGTH || !JournalHeader.isIntact(buffer)) {
            throw damaged(0, "the header does not verify");
        }
        header = JournalHeader.decode(buffer);
        if (JournalHeader.version(buffer) != JournalHeader.FORMAT_VERSION) {
            throw new TargetRefusedException(
                    Reason.OTHER_VERSION,
                    "target refused: target=" + superblock.targetId() + ": snapshot of format version "
                            + JournalHeader.version(buffer));
        }
        if (!header.belongsTo(superblock, JournalHeader.SNAPSHOT_MAGIC) || header.generation() != generation) {
            throw damaged(0, "it belongs to another target or format: " + header);
        }
    }

    private void loadBlocks(UnsafeBuffer buffer, ChunkIndex index) throws IOException {
        long position = JournalHeader.LENGTH;
        int number = 0;
        int at = 0;
        int limit = 0;
        while (true) {
            if (limit - at < SnapshotBlock.MAX_LENGTH) {
                position += at;
                at = 0;
                limit = file.read(position, buffer, 0, BUFFER_LENGTH);
            }
            if (!SnapshotBlock.isIntact(buffer, at, limit - at, number, generation, crc)) {
                throw damaged(position + at, "block " + number + " does not verify");
            }
            if (SnapshotBlock.entries(buffer, at) == SnapshotBlock.LAST) {
                if (SnapshotBlock.chunkCount(buffer, at) != index.size()) {
                    throw damaged(
                            position + at,
                            "it has " + index.size() + " chunks and says " + SnapshotBlock.chunkCount(buffer, at));
                }
                return;
            }
            loadBlock(buffer, at, position, index);
            at += SnapshotBlock.length(buffer, at);
            number++;
        }
    }

    private void loadBlock(UnsafeBuffer buffer, int at, long position, ChunkIndex index) throws IOException {
        int end = at + SnapshotBlock.length(buffer, at);
        int next = at + SnapshotBlock.HEADER_LENGTH;
        for (int i = SnapshotBlock.entries(buffer, at); i > 0; i--) {
            int length = EntryCodec.decode(buffer, next, end - next, entry);
            if (length < 0) {
                throw damaged(position + next, "an entry makes no sense");
            }
            index.put(entry, replaced);
            next += length;
        }
    }

    private TargetRefusedException damaged(long position, String what) {
        return new TargetRefusedException(
                Reason.JOURNAL_DAMAGED,
                "snapshot damaged: target=" + superblock.targetId() + ", generation=" + generation + ", position="
                        + position + ": " + what);
    }
}

package org.apollofs.io.chunk;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.apollofs.io.checksum.Crc32c;

/**
 * The first 4 KiB of a journal file and of a snapshot: whose they are and where they stand in the sequence of records. It is
 * written within one 512-byte sector, so it is either the old one or the new one. Byte diagram in docs/formats.md.
 *
 * @param magic {@link #JOURNAL_MAGIC} or {@link #SNAPSHOT_MAGIC}.
 * @param targetId and {@code formatId}: as in the superblock.
 * @param generation journals are numbered from 1; a snapshot bears the number of the journal that goes on after it.
 * @param firstSequence sequence number of the first record of that journal. Everything before is durable.
 * @param chunkCount about how many chunks a snapshot holds: a hint for the reader; 0 in a journal.
 * @param continues whether all records of the journal before were durable when this one began, so that the two can be
 *     replayed one after the other; false where recovery left records out.
 */
record JournalHeader(
        long magic,
        int targetId,
        long formatId,
        long generation,
        long firstSequence,
        long chunkCount,
        boolean continues) {
    /** Version of journals and snapshots. */
    static final int FORMAT_VERSION = 1;
    /** Bytes kept free for the header. */
    static final int LENGTH = 4096;
    /** Bytes of it that say something. */
    static final int ENCODED_LENGTH = 56;
    /** "APOLLOJL", read as a little-endian long. */
    static final long JOURNAL_MAGIC = 0x4C4A_4F4C_4C4F_5041L;
    /** "APOLLOSN", read as a little-endian long. */
    static final long SNAPSHOT_MAGIC = 0x4E53_4F4C_4C4F_5041L;

    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = 8;
    private static final int TARGET_OFFSET = 12;
    private static final int FORMAT_ID_OFFSET = 16;
    private static final int GENERATION_OFFSET = 24;
    private static final int FIRST_SEQUENCE_OFFSET = 32;
    private static final int CHUNK_COUNT_OFFSET = 40;
    private static final int FLAGS_OFFSET = 48;
    private static final int CHECKSUM_OFFSET = 52;
    private static final int FLAG_CONTINUES = 1;

    /** A journal's header. */
    static JournalHeader ofJournal(Superblock superblock, long generation, long firstSequence, boolean continues) {
        return new JournalHeader(
                JOURNAL_MAGIC, superblock.targetId(), superblock.formatId(), generation, firstSequence, 0, continues);
    }

    /** A snapshot's header. */
    static JournalHeader ofSnapshot(Superblock superblock, long generation, long firstSequence, long chunkCount) {
        return new JournalHeader(
                SNAPSHOT_MAGIC,
                superblock.targetId(),
                superblock.formatId(),
                generation,
                firstSequence,
                chunkCount,
                false);
    }

    /** Writes the header at the start of a buffer. */
    void encode(MutableDirectBuffer buffer) {
        buffer.putLong(MAGIC_OFFSET, magic);
        buffer.putInt(VERSION_OFFSET, FORMAT_VERSION);
        buffer.putInt(TARGET_OFFSET, targetId);
        buffer.putLong(FORMAT_ID_OFFSET, formatId);
        buffer.putLong(GENERATION_OFFSET, generation);
        buffer.putLong(FIRST_SEQUENCE_OFFSET, firstSequence);
        buffer.putLong(CHUNK_COUNT_OFFSET, chunkCount);
        buffer.putInt(FLAGS_OFFSET, continues ? FLAG_CONTINUES : 0);
        buffer.putInt(CHECKSUM_OFFSET, new Crc32c().compute(buffer, 0, CHECKSUM_OFFSET));
    }

    /** Whether a header is whole. */
    static boolean isIntact(DirectBuffer buffer) {
        return buffer.getInt(CHECKSUM_OFFSET) == new Crc32c().compute(buffer, 0, CHECKSUM_OFFSET)
                && buffer.getLong(MAGIC_OFFSET) != 0;
    }

    /** Format version of a header that is whole. */
    static int version(DirectBuffer buffer) {
        return buffer.getInt(VERSION_OFFSET);
    }

    /** Reads a header that is whole. */
    static JournalHeader decode(DirectBuffer buffer) {
        return new JournalHeader(
                buffer.getLong(MAGIC_OFFSET),
                buffer.getInt(TARGET_OFFSET),
                buffer.getLong(FORMAT_ID_OFFSET),
                buffer.getLong(GENERATION_OFFSET),
                buffer.getLong(FIRST_SEQUENCE_OFFSET),
                buffer.getLong(CHUNK_COUNT_OFFSET),
                (buffer.getInt(FLAGS_OFFSET) & FLAG_CONTINUES) != 0);
    }

    /** Whether it belongs to a target as formatted. */
    boolean belongsTo(Superblock superblock, long expectedMagic) {
        return magic == expectedMagic && targetId == superblock.targetId() && formatId == superblock.formatId();
    }
}

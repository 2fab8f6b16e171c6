package org.apollofs.io.chunk;

import com.google.errorprone.annotations.CheckReturnValue;
import java.io.IOException;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.device.BlockDevice;

/**
 * The append-only log of what happened to the chunks of a target, in two files that take turns: while a snapshot makes the
 * records of one superfluous, new records go to the other.
 *
 * <p>The files are preallocated and mapped (Chronicle Bytes): appending is a copy to memory, and a sync needs to write
 * nothing but the records' pages. What was appended becomes durable by {@link #queueSync}; the caller says so with
 * {@link #onDurable}. The store's thread only. It closes its files; durable or not is the caller's care.
 */
final class ChunkJournal implements AutoCloseable {
    private final Superblock superblock;
    private final Crc32c crc = new Crc32c();
    private final JournalFile[] files;
    private JournalFile file;
    private long generation;
    private long firstSequence;
    private int position;
    private long lastSequence;
    private long durableSequence;

    /** @param files which take turns: generation g is in file g modulo 2. */
    ChunkJournal(Superblock superblock, JournalFile[] files) {
        this.superblock = superblock;
        this.files = files;
    }

    /** The file of a generation. */
    static int fileOf(long generation) {
        return (int) (generation & 1);
    }

    /** Goes on after what recovery found, all of which is durable. */
    void resume(long atGeneration, long first, int atPosition, long sequence) {
        generation = atGeneration;
        firstSequence = first;
        file = files[fileOf(atGeneration)];
        position = atPosition;
        lastSequence = sequence;
        durableSequence = sequence;
    }

    /**
     * Begins the next generation in the other file, whose records no one needs any more. Everything appended must be
     * durable. The caller syncs before it appends: were the header lost and records behind it kept, a later journal of the
     * same number could run into them.
     */
    void switchFile() throws IOException {
        requireDurable("switched");
        generation++;
        file = files[fileOf(generation)];
        position = JournalHeader.LENGTH;
        firstSequence = lastSequence + 1;
        file.writeHeader(JournalHeader.ofJournal(superblock, generation, firstSequence, true));
    }

    /** Whether any record fits. */
    boolean hasRoom() {
        return position + JournalRecord.MAX_LENGTH <= file.buffer().capacity();
    }

    /** Appends that a chunk is where the entry says. There must be room. */
    void appendWrite(ChunkEntry entry) {
        lastSequence++;
        position += JournalRecord.encodeWrite(
                file.buffer(), position, lastSequence, durableSequence, generation, entry, crc);
    }

    /** Appends that a chunk is gone. There must be room. */
    void appendDelete(ChunkEntry name) {
        lastSequence++;
        position += JournalRecord.encodeDelete(
                file.buffer(), position, lastSequence, durableSequence, generation, name, crc);
    }

    /**
     * Appends that everything so far is durable, which must be so. The mark bears the number of the record before it and
     * need not become durable itself. There must be room.
     */
    void appendMark() {
        requireDurable("marked");
        position += JournalRecord.encodeMark(file.buffer(), position, lastSequence, durableSequence, generation, crc);
    }

    private void requireDurable(String what) {
        if (durableSequence != lastSequence) {
            throw new IllegalStateException("journal " + what + " early: target=" + superblock.targetId()
                    + ", lastSequence=" + lastSequence + ", durableSequence=" + durableSequence);
        }
    }

    /** Queues a sync of what was appended. @return false if the device's queue is full. */
    @CheckReturnValue
    boolean queueSync(BlockDevice device, long token) {
        return file.queueSync(device, token);
    }

    /** The file that records go to. */
    JournalFile file() {
        return file;
    }

    /** Records up to this one are durable. */
    void onDurable(long sequence) {
        durableSequence = sequence;
    }

    /** Sequence number of the last record appended. */
    long lastSequence() {
        return lastSequence;
    }

    /** Sequence number of the last record known to be durable. */
    long durableSequence() {
        return durableSequence;
    }

    /** Number of the file in use, from 1. */
    long generation() {
        return generation;
    }

    /** Sequence number of the first record of the file in use. */
    long firstSequence() {
        return firstSequence;
    }

    /** Bytes of records in the file in use. */
    int usedBytes() {
        return position - JournalHeader.LENGTH;
    }

    /** Bytes that records may take in a file. */
    int capacityBytes() {
        return file.buffer().capacity() - JournalHeader.LENGTH;
    }

    @Override
    public void close() {
        for (JournalFile each : files) {
            each.close();
        }
    }
}

package org.apollofs.io.chunk;

import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.chunk.TargetRefusedException.Reason;

/**
 * What recovery learns from one journal file before it applies anything: where the records end, whether that is a torn tail
 * or damage, and up to which record everything is known to have been durable.
 *
 * <p>Records that were not synced may be lost in any subset when the power goes, so a bad record may well be followed by
 * good ones. It is damage, and the target is refused, if one of those says that the bad one had been durable.
 */
final class JournalScan {
    private final Crc32c crc = new Crc32c();
    private final String name;
    private final UnsafeBuffer buffer;
    private final int targetId;
    private final long generation;
    private final long firstSequence;
    private int endPosition;
    private long lastSequence;
    private long durableSequence;
    private boolean recordsAfterEnd;

    JournalScan(JournalFile file, JournalHeader header) {
        name = file.name();
        buffer = file.buffer();
        targetId = header.targetId();
        generation = header.generation();
        firstSequence = header.firstSequence();
    }

    /**
     * Goes through the file.
     *
     * @throws TargetRefusedException if a durable record is damaged.
     */
    JournalScan scan() throws TargetRefusedException {
        endPosition = JournalHeader.LENGTH;
        lastSequence = firstSequence - 1;
        durableSequence = lastSequence;
        while (JournalRecord.isIntact(buffer, endPosition, generation, crc)) {
            int type = JournalRecord.type(buffer, endPosition);
            long expected = type == JournalRecord.TYPE_MARK ? lastSequence : lastSequence + 1;
            if (JournalRecord.sequence(buffer, endPosition) != expected) {
                break;
            }
            lastSequence = expected;
            durableSequence = Math.max(durableSequence, JournalRecord.durableSequence(buffer, endPosition));
            endPosition += JournalRecord.alignedLength(buffer, endPosition);
        }
        lookBehindEnd();
        return this;
    }

    private void lookBehindEnd() throws TargetRefusedException {
        for (int at = endPosition; at < buffer.capacity(); at += JournalRecord.ALIGNMENT) {
            if (JournalRecord.isIntact(buffer, at, generation, crc)) {
                recordsAfterEnd = true;
                long durable = JournalRecord.durableSequence(buffer, at);
                if (durable > lastSequence) {
                    throw new TargetRefusedException(
                            Reason.JOURNAL_DAMAGED,
                            "journal damaged: target=" + targetId + ", file=" + name + ", position=" + endPosition
                                    + ", sequence=" + (lastSequence + 1)
                                    + ": a durable record does not verify, and record "
                                    + JournalRecord.sequence(buffer, at) + " follows at " + at);
                }
            }
        }
    }

    /** Where the next record would go. */
    int endPosition() {
        return endPosition;
    }

    /** Number of the last good record; the one before the first, if there is none. */
    long lastSequence() {
        return lastSequence;
    }

    /** Records up to this one were durable before the end came; later ones may or may not have been acknowledged. */
    long durableSequence() {
        return durableSequence;
    }

    /** Whether good records of this generation lie behind the end: it may not be appended to. */
    boolean hasRecordsAfterEnd() {
        return recordsAfterEnd;
    }
}

package org.apollofs.namespace.cluster;

import io.aeron.archive.client.AeronArchive;
import io.aeron.archive.client.RecordingDescriptorConsumer;
import java.util.ArrayList;
import java.util.List;

/**
 * What an archive says of a recording.
 *
 * @param startPosition of the first byte that is kept.
 * @param segmentLength bytes of each of its files.
 * @param termLength bytes of a term of the stream.
 */
record ArchivedRecording(long id, long startPosition, int segmentLength, int termLength, int streamId) {
    /** All of an archive, in order of their ids: the last of a stream is the one that is written, if one is. */
    static List<ArchivedRecording> all(AeronArchive archive) {
        List<ArchivedRecording> found = new ArrayList<>();
        archive.listRecordings(0, Integer.MAX_VALUE, into(found));
        return found;
    }

    /** One of an archive, or null if it has none of this id. */
    static ArchivedRecording find(AeronArchive archive, long id) {
        List<ArchivedRecording> found = new ArrayList<>();
        archive.listRecording(id, into(found));
        return found.isEmpty() ? null : found.getFirst();
    }

    private static RecordingDescriptorConsumer into(List<ArchivedRecording> found) {
        return (session,
                correlation,
                id,
                startTime,
                stopTime,
                start,
                stop,
                initialTerm,
                segment,
                term,
                mtu,
                sessionId,
                streamId,
                stripped,
                original,
                source) -> found.add(new ArchivedRecording(id, start, segment, term, streamId));
    }
}

package org.apollofs.namespace.cluster;

import io.aeron.archive.client.AeronArchive;
import io.aeron.cluster.RecordingLog;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What is in a member's archive, by what its folder knows of it. Before the member takes part. One thread. */
final class MemberRecordings {
    private final MemberFolder folder;
    private final AeronArchive.Context context;

    /** @param context connects to the member's archive. */
    MemberRecordings(MemberFolder folder, AeronArchive.Context context) {
        this.folder = folder;
        this.context = context;
    }

    /** Position up to which the log is there; 0 if the member has none. */
    long logEnd() {
        if (folder.isEmpty()) {
            return 0;
        }
        long recordingId;
        try (RecordingLog log = openLog()) {
            recordingId = log.findLastTermRecordingId();
        }
        if (recordingId < 0) {
            return 0;
        }
        try (AeronArchive archive = AeronTimeouts.connectToArchive(context.clone(), context.aeronDirectoryName())) {
            return archive.getMaxRecordedPosition(recordingId);
        }
    }

    private RecordingLog openLog() {
        return new RecordingLog(folder.cluster().toFile(), false);
    }

    /** Deletes snapshots that were not completed: nothing refers to them. @return how many recordings that were. */
    long purgeOrphans() {
        if (folder.isEmpty()) {
            return 0;
        }
        Set<Long> known = new HashSet<>();
        try (RecordingLog log = openLog()) {
            log.entries().forEach(entry -> known.add(entry.recordingId));
        }
        try (AeronArchive archive = AeronTimeouts.connectToArchive(context.clone(), context.aeronDirectoryName())) {
            List<Long> orphans = ArchivedRecording.all(archive).stream()
                    .map(ArchivedRecording::id)
                    .filter(id -> !known.contains(id))
                    .toList();
            orphans.forEach(archive::purgeRecording);
            return orphans.size();
        }
    }
}

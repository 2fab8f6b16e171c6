package org.apollofs.namespace.cluster;

import static org.apollofs.namespace.cluster.FolderCondition.State.DAMAGED;
import static org.apollofs.namespace.cluster.FolderCondition.State.FOREIGN;
import static org.apollofs.namespace.cluster.FolderCondition.State.MISSING;
import static org.apollofs.namespace.cluster.FolderCondition.State.NEW;
import static org.apollofs.namespace.cluster.FolderCondition.State.OLDER;
import static org.apollofs.namespace.cluster.FolderCondition.State.WHOLE;

import io.aeron.archive.checksum.Checksum;
import io.aeron.archive.checksum.Checksums;
import io.aeron.cluster.ConsensusModule;
import io.aeron.cluster.NodeStateFile;
import io.aeron.cluster.RecordingLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds out what a member's folder is before anything in it is changed: new, whole, or one that must not be started with. The table
 * of all cases is in docs/identity.md. Reads only. One thread.
 */
public final class FolderCheck {
    private static final List<Integer> PARTS_OF_SNAPSHOT = List.of(ConsensusModule.Configuration.SERVICE_ID, 0);

    private final MemberFolder folder;
    private final int member;
    private final Checksum checksum = Checksums.crc32c();
    private final MemberMark outer;
    private final MemberMark root;
    private final MemberMark archive;
    private final MemberMark cluster;

    private FolderCheck(MemberFolder folder, int member) throws IOException {
        this.folder = folder;
        this.member = member;
        MemberMarks marks = folder.marks();
        outer = marks.readOuter();
        root = marks.readRoot();
        archive = marks.readArchive();
        cluster = marks.readCluster();
    }

    /**
     * Looks at a member's folder. No member may run on it.
     *
     * @param directory the folder, which may be absent.
     * @param mark the mark outside of it; null if there is no place for one.
     * @param member number that the member has.
     */
    public static FolderCondition examine(Path directory, Path mark, int member) {
        try {
            return new FolderCheck(new MemberFolder(directory, mark, member), member).examine();
        } catch (IOException | IllegalArgumentException e) {
            return new FolderCondition(
                    DAMAGED,
                    MemberMark.UNKNOWN,
                    0,
                    "namespace member " + member + ": folder cannot be read: " + directory + ": " + e.getMessage());
        }
    }

    private FolderCondition examine() throws IOException {
        if (root == null) {
            return outer == null ? examineWithoutMarks() : examineWithoutRoot();
        }
        FolderCondition refused = compareRoot();
        if (refused != null) {
            return refused;
        }
        if (folder.isJoining()) {
            // What is there is a part of a copy, or was put aside.
            return found(WHOLE, null);
        }
        if (!root.hasLog() && !(outer != null && outer.hasLog())) {
            return found(folder.isEmpty() ? NEW : WHOLE, null);
        }
        refused = compareParts();
        return refused == null ? examineLog() : refused;
    }

    /** Of a build that made no marks, or new. */
    private FolderCondition examineWithoutMarks() throws IOException {
        if (!folder.isEmpty()) {
            return folder.isJoining() ? found(WHOLE, null) : examineLog();
        }
        return hasRecordings()
                ? found(MISSING, "file is missing: " + folder.cluster().resolve(RecordingLog.RECORDING_LOG_FILE_NAME))
                : found(NEW, null);
    }

    private FolderCondition examineWithoutRoot() throws IOException {
        return outer.hasLog() ? found(MISSING, "folder is missing: expected=" + folder.root()) : examineWithoutMarks();
    }

    private FolderCondition compareRoot() {
        if (outer != null && outer.isOfAnother(root.namespaceId())) {
            return found(
                    FOREIGN,
                    "folder is of another namespace: " + folder.root() + ", found=" + root.namespaceId() + ", expected="
                            + outer.namespaceId());
        }
        if (root.member() != member) {
            return found(
                    FOREIGN,
                    "folder is another member's: " + folder.root() + ", found=" + root.member() + ", expected="
                            + member);
        }
        if (outer == null) {
            return null;
        }
        if (!root.folder().equals(outer.folder()) && outer.hasLog()) {
            return found(OLDER, "folder is a copy from before its log was made anew: " + folder.root());
        }
        if (root.started() < outer.confirmed()) {
            return olderStart(folder.root(), root.started(), outer.confirmed());
        }
        return null;
    }

    private FolderCondition olderStart(Path path, long started, long expected) {
        return found(OLDER, "folder is an older copy: " + path + ", starts=" + started + ", expected=" + expected);
    }

    private FolderCondition compareParts() {
        FolderCondition refused = comparePart(folder.archive(), archive);
        return refused == null ? comparePart(folder.cluster(), cluster) : refused;
    }

    private FolderCondition comparePart(Path path, MemberMark mark) {
        if (mark == null) {
            return found(MISSING, "folder is missing: expected=" + path);
        }
        if (mark.isOfAnother(root.namespaceId())) {
            return found(
                    FOREIGN,
                    "folder is of another namespace: " + path + ", found=" + mark.namespaceId() + ", expected="
                            + root.namespaceId());
        }
        if (mark.member() != root.member()) {
            return found(
                    FOREIGN,
                    "folder is another member's: " + path + ", found=" + mark.member() + ", expected=" + member);
        }
        if (!mark.folder().equals(root.folder())) {
            return found(OLDER, "folder is a copy from before its log was made anew: " + path);
        }
        return mark.started() < root.started() ? olderStart(path, mark.started(), root.started()) : null;
    }

    private FolderCondition examineLog() throws IOException {
        Path log = folder.cluster().resolve(RecordingLog.RECORDING_LOG_FILE_NAME);
        if (folder.isEmpty()) {
            return found(MISSING, "file is missing: " + log);
        }
        Path votes = folder.cluster().resolve(NodeStateFile.FILENAME);
        if (voted() >= 0 && !Files.exists(votes)) {
            return found(MISSING, "file is missing: " + votes);
        }
        ArchiveCatalog catalog = ArchiveCatalog.read(folder.archive());
        if (!Files.exists(folder.archive().resolve(ArchiveCatalog.FILE))) {
            return found(MISSING, "file is missing: " + folder.archive().resolve(ArchiveCatalog.FILE));
        }
        try (RecordingLog recordings = new RecordingLog(folder.cluster().toFile(), false)) {
            return examineRecordings(catalog, recordings);
        } catch (RuntimeException e) {
            return found(DAMAGED, "file cannot be read: " + log + ": " + e.getMessage());
        }
    }

    private FolderCondition examineRecordings(ArchiveCatalog catalog, RecordingLog recordings) throws IOException {
        long snapshot = 0;
        for (int part : PARTS_OF_SNAPSHOT) {
            RecordingLog.Entry latest = recordings.getLatestSnapshot(part);
            if (latest != null) {
                snapshot = latest.logPosition;
                String missing = missing(catalog, latest.recordingId, "snapshot");
                if (missing != null) {
                    return found(DAMAGED, missing);
                }
            }
        }
        long logId = recordings.findLastTermRecordingId();
        if (logId < 0) {
            return found(WHOLE, null);
        }
        String missing = missing(catalog, logId, "log");
        if (missing != null) {
            return found(DAMAGED, missing);
        }
        ArchiveCatalog.Recording log = catalog.find(logId);
        if (log.start() > snapshot) {
            return found(
                    DAMAGED,
                    "log begins after its snapshot: " + folder.archive() + ", log=" + log.start() + ", snapshot="
                            + snapshot);
        }
        return compareEnds(LogTail.end(catalog, log, checksum));
    }

    private String missing(ArchiveCatalog catalog, long recording, String what) throws IOException {
        ArchiveCatalog.Recording found = catalog.find(recording);
        return found == null
                ? what + " is missing in " + folder.archive().resolve(ArchiveCatalog.FILE) + ": recording=" + recording
                : catalog.missing(found);
    }

    /** The log must go as far as the member has had it, and the votes too. */
    private FolderCondition compareEnds(long end) throws IOException {
        long position = Math.max(root == null ? 0 : root.position(), outer == null ? 0 : outer.position());
        if (end < position) {
            return found(
                    OLDER,
                    "log ends before what was acknowledged: " + folder.archive() + ", end=" + end + ", acknowledged="
                            + position);
        }
        if (voted() < 0) {
            return found(WHOLE, null);
        }
        try (NodeStateFile votes = new NodeStateFile(folder.cluster().toFile(), false, 0)) {
            long term = votes.candidateTerm().candidateTermId();
            return term < voted()
                    ? found(
                            OLDER,
                            "votes are older than those that were given: "
                                    + folder.cluster().resolve(NodeStateFile.FILENAME) + ", term=" + term + ", voted="
                                    + voted())
                    : found(WHOLE, null);
        }
    }

    private long voted() {
        return Math.max(root == null ? -1 : root.voted(), outer == null ? -1 : outer.voted());
    }

    private boolean hasRecordings() throws IOException {
        if (!Files.isDirectory(folder.archive())) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder.archive())) {
            return files.anyMatch(file -> file.getFileName().toString().endsWith(".rec"));
        }
    }

    private FolderCondition found(FolderCondition.State state, String what) {
        MemberMark known = root == null ? outer : root;
        return new FolderCondition(
                state,
                known == null ? MemberMark.UNKNOWN : known.namespaceId(),
                Math.max(outer == null ? 0 : outer.generation(), root == null ? 0 : root.generation()),
                what == null ? null : "namespace member " + member + ": " + what);
    }
}

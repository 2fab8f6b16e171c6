package org.apollofs.namespace.cluster;

import io.aeron.archive.checksum.Checksum;
import io.aeron.cluster.NodeStateFile;
import io.aeron.cluster.RecordingLog;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.IoUtil;

/**
 * A member's folder: {@code archive/} and {@code cluster/} are its memory, {@code format} says how they are written and
 * {@code members} with whom; {@code identity} says whose it is, see {@link MemberMarks}; {@code mark/} and {@code state/} are made anew at start. While there is no whole log there is a file
 * {@code joining}, and {@code aside/} is the log that was given up, if one was.
 */
record MemberFolder(Path root, MemberMarks marks) {
    /** Of folders with {@link MemberMark}s, whose logs may have {@link ClaimNotice}s, which builds before would misread. */
    private static final String FORMAT = "apollo namespace member, format 5\n";
    /**
     * Of folders that the present one reads: 2 is of recordings with checksums, 3 of logs that may have {@link SpaceNotice}s, which
     * builds before would misread, 4 of snapshots with short changes.
     */
    private static final Set<String> FORMATS_BEFORE = Set.of(
            "apollo namespace member, format 2\n",
            "apollo namespace member, format 3\n",
            "apollo namespace member, format 4\n");

    /** In {@code joining}: the log is being put aside. */
    private static final String MOVING = "moving\n";
    /** In {@code joining}: the log was put aside; what has come since is a part of a copy. It is empty where no log was. */
    private static final String BEHIND = "behind\n";

    /** Aeron's level for data and metadata. */
    private static final int SYNC_ALL = 2;

    /** Of member 0, without a place for marks outside of it. */
    MemberFolder(Path root) {
        this(root, null, 0);
    }

    /**
     * Of a member.
     *
     * @param outer file for its mark outside of the folder; null if there is no such place.
     */
    MemberFolder(Path root, Path outer, int member) {
        this(root, new MemberMarks(root, outer, member));
    }

    Path archive() {
        return root.resolve("archive");
    }

    Path cluster() {
        return root.resolve("cluster");
    }

    Path mark() {
        return root.resolve("mark");
    }

    Path state() {
        return root.resolve("state");
    }

    /**
     * Makes it ready for a start, which is counted in its marks: folders are there and their names durable, old marks are gone, the log's end is whole.
     *
     * @param members ids of all members.
     * @return what was found at the ends of recordings.
     * @throws FolderRefusedException if it was written in a format that this version does not know, or with other members.
     */
    LogTail.Found prepare(Checksum checksum, List<Integer> members) {
        String ids = members.stream().sorted().map(String::valueOf).collect(Collectors.joining(",")) + "\n";
        try {
            checkFormat();
            checkMembers(ids);
            IoUtil.delete(mark().toFile(), true);
            Files.createDirectories(mark());
            Files.createDirectories(cluster());
            boolean wasJoining = isJoining();
            if (wasJoining) {
                // Before any of it is gone: what is there is no log.
                marks.begin(false, false);
                resumeJoin();
            } else {
                IoUtil.delete(aside().toFile(), true);
            }
            write(root.resolve("format"), FORMAT);
            write(membersFile(), ids);
            LogTail.Found ends = LogTail.cut(archive(), checksum);
            Files.createDirectories(archive());
            if (!wasJoining) {
                marks.begin(!isEmpty(), true);
            }
            if (isEmpty()) {
                restoreVotes(marks.mark().voted());
            }
            sync(root);
            return ends;
        } catch (IOException e) {
            throw new UncheckedIOException("namespace member cannot be started: directory=" + root, e);
        }
    }

    private void checkFormat() throws IOException {
        Path format = root.resolve("format");
        if (Files.exists(format)) {
            String found = Files.readString(format);
            if (!found.equals(FORMAT) && !FORMATS_BEFORE.contains(found)) {
                throw new FolderRefusedException(
                        "namespace member of an unknown format: directory=" + root + ", found=" + found.strip()
                                + ", known=" + FORMAT.strip(),
                        "use the build that wrote it");
            }
        } else if (Files.exists(archive())) {
            throw new FolderRefusedException(
                    "namespace member of an earlier format, whose log has no checksums: directory=" + root,
                    "use the build that wrote it");
        }
    }

    /** A log belongs to the members that it was written with: a majority of others might not have it. */
    private void checkMembers(String ids) throws IOException {
        boolean hasLog = !isEmpty() || hasFallenBehind();
        if (!hasLog || !Files.exists(membersFile())) {
            return;
        }
        String found = Files.readString(membersFile());
        if (!found.equals(ids)) {
            throw new FolderRefusedException(
                    "the members of a namespace cannot be changed: directory=" + root + ", its log has members "
                            + found.strip() + ", the profile " + ids.strip(),
                    "give the profile its members back; hosts and ports may change");
        }
    }

    private Path membersFile() {
        return root.resolve("members");
    }

    /** Writes a file that has not this content yet. */
    private static void write(Path file, String content) throws IOException {
        if (!Files.exists(file) || !Files.readString(file).equals(content)) {
            writeDurably(file, content);
        }
    }

    static void writeDurably(Path file, String content) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        Files.write(temporary, content.getBytes(StandardCharsets.US_ASCII));
        sync(temporary);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Path joining() {
        return root.resolve("joining");
    }

    /** Of a log that was given up. */
    private Path aside() {
        return root.resolve("aside");
    }

    /** Brings a folder whose start was killed while there was no log to where a copy can begin. */
    private void resumeJoin() throws IOException {
        String state = Files.readString(joining());
        if (state.equals(MOVING)) {
            moveAside();
            return;
        }
        // Whatever is there is a part of a copy.
        IoUtil.delete(archive().toFile(), true);
        for (Path file : clusterFiles()) {
            IoUtil.delete(file.toFile(), false);
        }
        sync(cluster());
        sync(root);
        if (!state.equals(BEHIND)) {
            Files.delete(joining());
        }
    }

    /**
     * Gives up a log that ends before the leader's begins: it is put aside until there is a whole copy of that one. The archive is
     * closed, and there is an empty one after.
     */
    void giveUpLog() throws IOException {
        write(joining(), MOVING);
        sync(root);
        moveAside();
        Files.createDirectories(archive());
    }

    private void moveAside() throws IOException {
        Path clusterAside = Files.createDirectories(aside().resolve("cluster"));
        if (Files.exists(archive())) {
            Files.move(archive(), aside().resolve("archive"));
        }
        for (Path file : clusterFiles()) {
            Files.move(file, clusterAside.resolve(file.getFileName()));
        }
        for (Path changed : List.of(clusterAside, aside(), cluster(), root)) {
            sync(changed);
        }
        write(joining(), BEHIND);
        sync(root);
    }

    /** What is in {@code cluster/} but the votes: one that was given must not be given again to another. */
    private List<Path> clusterFiles() throws IOException {
        try (Stream<Path> files = Files.list(cluster())) {
            return files.filter(file -> !file.endsWith(NodeStateFile.FILENAME)).toList();
        }
    }

    /** A member that lost its folder must not vote again where it has voted. */
    private void restoreVotes(long voted) throws IOException {
        if (voted < 0) {
            return;
        }
        try (NodeStateFile votes = new NodeStateFile(cluster().toFile(), true, SYNC_ALL)) {
            if (votes.candidateTerm().candidateTermId() < voted) {
                votes.updateCandidateTermId(voted, 0, 0);
            }
        }
        sync(cluster());
    }

    /** The file of the consensus module's votes, to be read only. Its own may be unmapped at any time. */
    NodeStateFile openVotes(int fileSyncLevel) {
        try {
            return new NodeStateFile(cluster().toFile(), false, fileSyncLevel);
        } catch (IOException e) {
            throw new UncheckedIOException("namespace member: votes cannot be read: " + cluster(), e);
        }
    }

    /**
     * Gives up for good what there is of a log that cannot be used: it is put aside, in {@code discarded-N}, and the folder is as one
     * that never had any. Cut short, it is done again.
     */
    void discard() throws IOException {
        Files.createDirectories(root);
        int number = 1;
        while (Files.exists(root.resolve("discarded-" + number))) {
            number++;
        }
        Path discarded = root.resolve("discarded-" + number);
        for (String name : List.of("archive", "cluster", "aside", "joining", "members")) {
            if (Files.exists(root.resolve(name))) {
                Files.createDirectories(discarded);
                Files.move(root.resolve(name), discarded.resolve(name));
            }
        }
        sync(root);
        marks.giveUp();
    }

    /** Whether a copy of another's log is being made, or was begun. */
    boolean isJoining() {
        return Files.exists(joining());
    }

    /** Whether its log was given up, and there is no whole copy of another's yet. */
    boolean hasFallenBehind() throws IOException {
        return Files.exists(joining()) && !Files.readString(joining()).isEmpty();
    }

    /** Whether there is no log: the member has never taken part, as far as its folder knows, or has given its log up. */
    boolean isEmpty() {
        File log = cluster().resolve(RecordingLog.RECORDING_LOG_FILE_NAME).toFile();
        return !log.exists() || log.length() == 0;
    }

    /** What comes into the folder from now on is a copy that is not complete. */
    void beginJoin() throws IOException {
        if (!hasFallenBehind()) {
            write(joining(), "");
            sync(root);
        }
    }

    /** The copy is complete. */
    void endJoin() throws IOException {
        marks.endJoin(!isEmpty());
        sync(archive());
        sync(cluster());
        Files.delete(joining());
        sync(root);
        IoUtil.delete(aside().toFile(), true);
    }

    /** Makes a file, or the names in a folder, durable. */
    static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Makes the names of the files that the parts of a member have made durable. */
    void syncNames() {
        try {
            sync(root);
            sync(archive());
            sync(cluster());
        } catch (IOException e) {
            throw new UncheckedIOException("namespace member cannot be started: directory=" + root, e);
        }
    }
}

package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Where a member's {@link MemberMark}s are: one in its folder, one in each part of it that a disk may hold by itself, and one outside
 * of it, where the caller has such a place. What one place has lost another knows.
 *
 * <pre>
 *  outer               beside the folder, on another disk if the folder is one that is mounted
 *  root                identity
 *  archive             archive/identity
 *  cluster             cluster/identity
 * </pre>
 *
 * A start counts in all of them: first outside (started), then in the parts, then in the folder, and outside again (confirmed). So
 * of a start that was killed at any point the marks are told from an older copy: no part is behind what is confirmed.
 */
final class MemberMarks {
    private static final String FILE = "identity";

    private final Path root;
    private final Path archive;
    private final Path cluster;
    private final Path outer;
    private final int member;
    /** What the places say from now on; null before {@link #begin}. */
    private MemberMark mark;

    /**
     * Of a member's folder.
     *
     * @param outside file outside of the folder; null if there is no such place.
     */
    MemberMarks(Path folder, Path outside, int member) {
        root = folder.resolve(FILE);
        archive = folder.resolve("archive").resolve(FILE);
        cluster = folder.resolve("cluster").resolve(FILE);
        outer = outside;
        this.member = member;
    }

    MemberMark readOuter() throws IOException {
        return outer == null ? null : MemberMark.read(outer);
    }

    MemberMark readRoot() throws IOException {
        return MemberMark.read(root);
    }

    MemberMark readArchive() throws IOException {
        return MemberMark.read(archive);
    }

    MemberMark readCluster() throws IOException {
        return MemberMark.read(cluster);
    }

    /**
     * Counts a start. The folder and its parts exist.
     *
     * @param hasLog whether the folder has a log; not while a copy is being made.
     * @param hasParts whether the parts are there: not while they are put aside or copied.
     */
    void begin(boolean hasLog, boolean hasParts) throws IOException {
        MemberMark inside = readRoot();
        MemberMark outside = readOuter();
        MemberMark last = outside == null ? inside : outside;
        if (last == null) {
            last = new MemberMark(MemberMark.UNKNOWN, 0, member, UUID.randomUUID(), 0, 0, 0, -1, false);
        }
        if (inside != null && outside != null) {
            long started = Math.max(inside.started(), outside.started());
            last = last.withNamespace(inside.namespaceId(), inside.generation())
                    .withProgress(inside.position(), inside.voted())
                    .withStarts(started, outside.confirmed());
        }
        long next = last.started() + 1;
        mark = last.withLog(hasLog).withStarts(next, last.confirmed());
        writeOuter();
        mark = mark.withStarts(next, next);
        if (hasParts) {
            writeParts();
        }
        writeRoot();
        writeOuter();
    }

    /** Begins anew with another folder id, of the same member, whichever namespace it will be of: what was there is given up. */
    void giveUp() throws IOException {
        MemberMark last = readOuter();
        if (last == null) {
            last = readRoot();
        }
        if (last == null) {
            last = new MemberMark(MemberMark.UNKNOWN, 0, member, UUID.randomUUID(), 0, 0, 0, -1, false);
        }
        mark = last.anew(UUID.randomUUID());
        Files.deleteIfExists(root);
        MemberFolder.sync(root.getParent());
        writeOuter();
        writeRoot();
    }

    /** Takes what the folder has for what there is, though there was more. */
    void acceptOlder() throws IOException {
        MemberMark inside = readRoot();
        MemberMark outside = readOuter();
        long started = Math.max(inside.started(), outside == null ? 0 : outside.started());
        long voted = Math.max(inside.voted(), outside == null ? -1 : outside.voted());
        long generation = Math.max(inside.generation(), outside == null ? 0 : outside.generation());
        mark = new MemberMark(
                inside.namespaceId(), generation, inside.member(), UUID.randomUUID(), started, started, 0, voted, true);
        // The parts first: were it cut short, they would be another folder's, and it would be accepted again.
        writeParts();
        writeRoot();
        writeOuter();
    }

    /** The folder has a whole log, or none, and no copy is being made any more: its parts get their marks back. */
    void endJoin(boolean hasLog) throws IOException {
        mark = mark.withLog(hasLog);
        writeParts();
        writeRoot();
        writeOuter();
    }

    /** The namespace has said who it is: there is a log that matters. */
    void noteNamespace(UUID id, long generation) throws IOException {
        boolean isNews = !mark.hasLog() || !mark.namespaceId().equals(id);
        mark = mark.withNamespace(id, generation).withLog(true);
        if (isNews) {
            writeParts();
            writeRoot();
        }
        writeOuter();
    }

    /** Notes outside how far the member has come. */
    void noteProgress(long position, long voted) throws IOException {
        mark = mark.withProgress(position, voted);
        writeOuter();
    }

    /** Notes how far the member has come, in the folder too: its stop. */
    void noteEnd(long position, long voted) throws IOException {
        mark = mark.withProgress(position, voted);
        writeRoot();
        writeOuter();
    }

    MemberMark mark() {
        return mark;
    }

    private void writeParts() throws IOException {
        Files.createDirectories(archive.getParent());
        Files.createDirectories(cluster.getParent());
        mark.write(archive);
        mark.write(cluster);
    }

    private void writeRoot() throws IOException {
        mark.write(root);
    }

    private void writeOuter() throws IOException {
        if (outer != null) {
            mark.write(outer);
        }
    }
}

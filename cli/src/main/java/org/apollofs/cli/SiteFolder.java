package org.apollofs.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apollofs.io.chunk.StoreFormat;

/**
 * Where the things of a site are in its folder.
 *
 * <pre>
 *   site.json      the site's id, its layout, and which targets were made: see {@link SiteRecord}
 *   namespace.mark what the namespace's member has been, if its folder is missing
 *   secret         what its processes prove themselves with (0600)
 *   targets/N/     a target: data, journal, superblock (the profile may place it elsewhere)
 *   jobs/          how far the scrub is
 *   namespace/     the Raft log, its snapshots, the tree
 *   run/           of the running process: lock, pid, control, ready
 * </pre>
 */
record SiteFolder(Path root) {
    /** What may stand in a folder that becomes a site. */
    private static final Set<String> HARMLESS = Set.of("run", "lost+found");

    private static final Set<String> MOUNT_POINTS = Set.of("namespace", "targets");

    static SiteFolder of(Path folder) {
        return new SiteFolder(folder.toAbsolutePath().normalize());
    }

    Path record() {
        return root.resolve("site.json");
    }

    /** What processes of the site prove themselves with. */
    Path secret() {
        return root.resolve("secret");
    }

    Path namespace() {
        return root.resolve("namespace");
    }

    /** What the namespace's member notes of itself outside of its folder. */
    Path namespaceMark() {
        return root.resolve("namespace.mark");
    }

    /** The record once more, where it may be on another disk. */
    Path recordCopy() {
        return namespace().resolve("site.json");
    }

    /** How far jobs are that outlive the process. */
    Path jobs() {
        return root.resolve("jobs");
    }

    Path run() {
        return root.resolve("run");
    }

    Path lock() {
        return run().resolve("lock");
    }

    Path processId() {
        return run().resolve("pid");
    }

    /** Holds the path of the control socket, which may have to lie elsewhere. */
    Path control() {
        return run().resolve("control");
    }

    /** There while the site serves. */
    Path ready() {
        return run().resolve("ready");
    }

    /** Where the media driver's directory is, for a process that starts after one that was killed. */
    Path driver() {
        return run().resolve("driver");
    }

    boolean isSite() {
        return Files.exists(record());
    }

    /**
     * Finds out whether the folder is, or can become, a site.
     *
     * @throws CommandFailure if it holds something else, or parts of a site whose record is missing.
     */
    void checkUsable() {
        if (Files.exists(root) && !Files.isDirectory(root)) {
            throw unusable("is not a folder");
        }
        if (!Files.exists(root) || isSite()) {
            return;
        }
        try {
            List<String> parts = parts();
            if (!parts.isEmpty()) {
                throw withoutRecord(parts);
            }
            List<String> foreign = names(root)
                    .filter(name -> !HARMLESS.contains(name) && !isEmptyFolder(name))
                    .limit(3)
                    .toList();
            if (!foreign.isEmpty()) {
                throw unusable("is neither a site nor empty (it holds " + String.join(", ", foreign) + ")");
            }
        } catch (IOException e) {
            throw unusable("cannot be read (" + e.getMessage() + ")");
        }
    }

    /** Where a disk of a new site may be mounted already. */
    private boolean isEmptyFolder(String name) {
        Path path = root.resolve(name);
        if (!MOUNT_POINTS.contains(name) || !Files.isDirectory(path)) {
            return false;
        }
        try {
            return names(path).allMatch(HARMLESS::contains);
        } catch (IOException e) {
            return false;
        }
    }

    /** What of a site is here, other than its record. */
    private List<String> parts() throws IOException {
        List<String> parts = new ArrayList<>();
        for (Path part :
                List.of(secret(), namespaceMark(), recordCopy(), namespace().resolve("identity"))) {
            if (Files.exists(part)) {
                parts.add(root.relativize(part).toString());
            }
        }
        Path targets = root.resolve("targets");
        if (Files.isDirectory(targets)) {
            names(targets)
                    .filter(name -> Files.exists(targets.resolve(name).resolve(StoreFormat.DATA_FILE)))
                    .forEach(name -> parts.add("targets/" + name));
        }
        return parts;
    }

    private static Stream<String> names(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList().stream();
        }
    }

    private CommandFailure withoutRecord(List<String> parts) {
        String what = "site record is missing: expected=" + record() + ", though there are parts of a site: "
                + String.join(", ", parts);
        if (!Files.exists(recordCopy())) {
            return new CommandFailure(ExitCode.MISSING, what, "restore it from a copy, or use another --dir");
        }
        return new SitePart(what, "restore it, or have the copy taken that is at " + recordCopy(), true)
                .refusal(SiteRecord.load(this, recordCopy()).siteId().toString());
    }

    /**
     * Puts the copy of a record that is missing in its place.
     *
     * @param siteId that the operator has given.
     */
    void restoreRecord(UUID siteId) {
        if (isSite() || !Files.exists(recordCopy())) {
            return;
        }
        SiteRecord copy = SiteRecord.load(this, recordCopy());
        if (copy.siteId().equals(siteId)) {
            try (SiteLock lock = SiteLock.take(this)) {
                copy.store(lock.folder());
            } catch (IOException e) {
                throw unusable("cannot be written (" + e.getMessage() + ")");
            }
        }
    }

    private CommandFailure unusable(String why) {
        return new CommandFailure(
                ExitCode.SITE, "site folder " + why + ": dir=" + root, "give --dir a new or empty folder, or a site's");
    }

    /**
     * Writes a small file so that it is there whole or not at all, also after a power cut.
     *
     * @param attributes it is made with: nobody sees it without them.
     */
    static void writeDurably(Path file, String content, FileAttribute<?>... attributes) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Path temporary = folder.resolve(file.getFileName() + ".new");
        Files.deleteIfExists(temporary);
        try (FileChannel channel = FileChannel.open(
                temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                int written = channel.write(bytes);
                if (written < 0) {
                    throw new IOException("write returned " + written + ": file=" + temporary);
                }
            }
            channel.force(true);
        }
        try {
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the file system cannot rename in one step: file=" + file, e);
        }
        syncFolder(folder);
    }

    /** Makes names in a folder durable. */
    static void syncFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Deletes a tree, if it is there. Does not follow links. */
    static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}

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
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where the things of a site are in its folder.
 *
 * <pre>
 *   site.json      the site's id, its layout, and which targets were made: see {@link SiteRecord}
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

    /** @throws CommandFailure if the folder holds something else than a site. */
    void checkUsable() {
        if (Files.exists(root) && !Files.isDirectory(root)) {
            throw unusable("is not a folder");
        }
        if (!Files.exists(root) || isSite()) {
            return;
        }
        try (Stream<Path> entries = Files.list(root)) {
            List<String> foreign = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !HARMLESS.contains(name))
                    .sorted()
                    .limit(3)
                    .toList();
            if (!foreign.isEmpty()) {
                throw unusable("is neither a site nor empty (it holds " + String.join(", ", foreign) + ")");
            }
        } catch (IOException e) {
            throw unusable("cannot be read (" + e.getMessage() + ")");
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

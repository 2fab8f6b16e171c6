package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import org.apollofs.perf.report.Bytes;

/**
 * A fresh folder on a real disk for a demo or benchmark, deleted when it is closed unless it is to be kept. One thread,
 * and the shutdown hook.
 */
final class Workspace {
    /** Memory, not disk: what is measured there says nothing, and O_DIRECT fails. */
    private static final Set<String> NOT_DISKS = Set.of("tmpfs", "ramfs", "rootfs", "squashfs", "proc", "sysfs");

    private final Path root;
    private final boolean made;
    private final boolean keep;

    private Workspace(Path root, boolean made, boolean keep) {
        this.root = root;
        this.made = made;
        this.keep = keep;
    }

    /**
     * Makes the folder.
     *
     * @param chosen absent or empty directory, or null: a new one on the first disk with room.
     * @param neededBytes free space that must be there.
     * @throws CommandFailure NO_SPACE, or SITE if the folder holds something.
     */
    static Workspace open(Path chosen, String prefix, long neededBytes, boolean keep) throws IOException {
        if (chosen == null) {
            Path parent = parentWithRoom(neededBytes);
            return new Workspace(Files.createTempDirectory(parent, prefix).toRealPath(), true, keep);
        }
        Path root = chosen.toAbsolutePath().normalize();
        if (Files.exists(root) && !isEmptyDirectory(root)) {
            throw new CommandFailure(
                    ExitCode.SITE, "the folder is not empty: dir=" + root, "name one that is empty or not there yet");
        }
        Path existing = root;
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        String problem = problemOf(existing, neededBytes);
        if (problem != null) {
            throw new CommandFailure(
                    ExitCode.NO_SPACE, problem, "free some, choose another place with --dir, or less with --size");
        }
        boolean made = !Files.exists(root);
        Files.createDirectories(root);
        return new Workspace(root.toRealPath(), made, keep);
    }

    /** The folder. */
    Path root() {
        return root;
    }

    /** Makes a directory in it. */
    Path directory(String name) throws IOException {
        return Files.createDirectories(root.resolve(name));
    }

    /**
     * Deletes the folder, or only its content if it was there before. Never deletes through a mount: what is mounted
     * below is detached first. @return lines for what is left.
     */
    List<String> close() throws IOException {
        List<String> left = new ArrayList<>(MountTable.detachBelow(root));
        if (!keep && left.isEmpty()) {
            delete(left);
        }
        return left;
    }

    private void delete(List<String> left) throws IOException {
        FileStore own = Files.getFileStore(root);
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                // A second belt: another file system is never entered.
                return Files.getFileStore(directory).equals(own)
                        ? FileVisitResult.CONTINUE
                        : FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                left.add("could not be deleted: " + file + " (" + failure.getMessage() + ")");
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                if (made || !directory.equals(root)) {
                    Files.delete(directory);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static Path parentWithRoom(long neededBytes) throws IOException {
        Set<Path> candidates = new LinkedHashSet<>();
        candidates.add(Path.of(System.getProperty("java.io.tmpdir")));
        candidates.add(Path.of("/var/tmp"));
        candidates.add(Path.of("").toAbsolutePath());
        candidates.add(Path.of(System.getProperty("user.home")));
        StringJoiner problems = new StringJoiner("; ");
        for (Path candidate : candidates) {
            String problem = problemOf(candidate, neededBytes);
            if (problem == null) {
                return candidate;
            }
            problems.add(problem);
        }
        throw new CommandFailure(
                ExitCode.NO_SPACE,
                "no disk with room for the demo: " + problems,
                "free some, name a place with --dir, or choose less with --size");
    }

    /** What speaks against a directory, or null. */
    private static String problemOf(Path directory, long neededBytes) throws IOException {
        if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
            return directory + " is no directory that may be written";
        }
        FileStore store = Files.getFileStore(directory);
        if (NOT_DISKS.contains(store.type().toLowerCase(Locale.ROOT))) {
            return directory + " is on " + store.type() + ", not on a disk";
        }
        long free = store.getUsableSpace();
        if (free < neededBytes) {
            return directory + " has " + Bytes.format(free) + " free of the " + Bytes.format(neededBytes) + " needed";
        }
        return null;
    }

    private static boolean isEmptyDirectory(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (var entries = Files.list(path)) {
            return entries.findAny().isEmpty();
        }
    }
}

package org.apollofs.perf.durability;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Carries out a worker's steps in a mount, and holds what it has open. One thread. */
final class MountCalls implements Tree {
    /** Bytes of one call at most. */
    static final int MAX_WRITE = 1 << 20;

    /** Name of a handle that appends, in {@link Step#other()} of an OPEN. */
    static final String APPEND = "append";

    private static final int PAGE = 4096;
    /** Where a buffer begins that no page does: the kernel then cuts a call into several requests. */
    private static final int ODD = 13;

    private final Path folder;
    private final Map<Long, FileChannel> open = new HashMap<>();
    private final Set<Long> appending = new HashSet<>();
    private final ByteBuffer memory =
            ByteBuffer.allocateDirect(MAX_WRITE + 2 * PAGE).alignedSlice(PAGE);

    /** @param folder the worker's own, made by it. */
    MountCalls(Path folder) {
        this.folder = folder;
    }

    /** Whether the folder can be seen: the mount is there. */
    boolean isThere() {
        return Files.isDirectory(folder);
    }

    /** Carries out a step. */
    Outcome call(Step step) {
        try {
            return switch (step.kind()) {
                case CREATE, OPEN -> open(step);
                case WRITE -> write(step);
                case TRUNCATE, FSYNC, CLOSE -> onHandle(step);
                case REWRITE -> rewrite(step);
                case CLEAN -> clean(step);
                default -> onNames(step);
            };
        } catch (IOException e) {
            return switch (step.kind()) {
                case WRITE, TRUNCATE, FSYNC, CLOSE, REWRITE -> Errors.ofContent(e);
                default -> Errors.ofFile(e);
            };
        }
    }

    private Outcome open(Step step) throws IOException {
        Path path = folder.resolve(step.name());
        FileChannel file;
        if (step.kind() == Step.Kind.CREATE) {
            file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } else if (step.other().equals(APPEND)) {
            file = FileChannel.open(path, StandardOpenOption.APPEND);
            appending.add(step.id());
        } else {
            file = FileChannel.open(path, StandardOpenOption.WRITE);
        }
        open.put(step.id(), file);
        return Outcome.done(0);
    }

    private Outcome write(Step step) throws IOException {
        FileChannel file = open.get(step.handle());
        int start = (step.seed() & 1) == 0 ? 0 : ODD;
        ByteBuffer bytes = memory.slice(start, Math.toIntExact(step.length()));
        Content.fill(bytes, step.seed());
        int count = appending.contains(step.handle()) ? file.write(bytes) : file.write(bytes, step.offset());
        return Outcome.done(count);
    }

    private Outcome onHandle(Step step) throws IOException {
        switch (step.kind()) {
            case TRUNCATE -> open.get(step.handle()).truncate(step.length());
            case FSYNC -> open.get(step.handle()).force(true);
            default -> {
                appending.remove(step.handle());
                open.remove(step.handle()).close();
            }
        }
        return Outcome.done(0);
    }

    private Outcome rewrite(Step step) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Content.of(step.seed(), Math.toIntExact(step.length())));
        try (FileChannel file = FileChannel.open(
                folder.resolve(step.name()),
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
        }
        return Outcome.done(0);
    }

    private Outcome clean(Step step) throws IOException {
        Files.deleteIfExists(folder.resolve(step.name()));
        return Outcome.done(0);
    }

    private Outcome onNames(Step step) throws IOException {
        Path path = folder.resolve(step.name());
        switch (step.kind()) {
            case RENAME ->
                Files.move(
                        path,
                        folder.resolve(step.other()),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            case LINK -> Files.createLink(folder.resolve(step.other()), path);
            case UNLINK, RMDIR -> Files.delete(path);
            case MKDIR -> Files.createDirectory(path);
            default -> throw new IllegalArgumentException("not a call of a mount: " + step);
        }
        return Outcome.done(0);
    }

    /** The mount went away: closes what was open, whatever comes of it. */
    void dropHandles() {
        for (FileChannel file : open.values()) {
            try {
                file.close();
            } catch (IOException e) {
                // The mount that it was open in is gone: the journal says so.
            }
        }
        open.clear();
        appending.clear();
    }

    @Override
    public Set<String> names() throws IOException {
        Set<String> names = new HashSet<>();
        for (Path path : list(folder)) {
            names.add(path.getFileName().toString());
            if (isDirectory(path)) {
                list(path).forEach(below -> names.add(folder.relativize(below).toString()));
            }
        }
        return names;
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.toList();
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public boolean isDirectory(String name) throws IOException {
        return isDirectory(folder.resolve(name));
    }

    /** Unlike Files.isDirectory, does not take a mount that is gone for a file. */
    private static boolean isDirectory(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isDirectory();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public byte[] read(String name) throws IOException {
        try {
            return Files.readAllBytes(folder.resolve(name));
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}

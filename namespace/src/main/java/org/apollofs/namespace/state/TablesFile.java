package org.apollofs.namespace.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Where the two files of the tables lie. Both are mapped, and a mapped page that a disk does not give ends the process by a SIGBUS.
 * So they lie in memory, in a file system that fails with no disk, while the tables are not larger than the length that is given for it;
 * they are made anew at every start, so nothing is lost by that. Larger ones are on the disk, where only pages that the kernel has put
 * out of its cache are at risk; that they are is remembered in the folder by a file {@code outgrown}, and a start finds it.
 *
 * <p>LMDB opens {@code data.mdb} and {@code lock.mdb} by links to files in memory. Once they are open the names are deleted: the files are
 * gone with the process, and nobody else sees them.
 */
final class TablesFile {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String DATA = "data.mdb";
    private static final String LOCK = "lock.mdb";

    private final Path directory;
    private final long memoryLength;
    private final List<Path> links = new ArrayList<>();
    private boolean isInMemory;

    /**
     * Makes the folder ready for LMDB.
     *
     * @param directory made if absent; what an earlier run left in it is deleted.
     * @param memoryLength bytes of tables that may lie in memory; 0 for none.
     */
    TablesFile(Path directory, long memoryLength) {
        this.directory = directory;
        this.memoryLength = memoryLength;
        try {
            Files.createDirectories(directory);
            delete(directory.resolve(DATA));
            delete(directory.resolve(LOCK));
            if (Files.isWritable(SHARED_MEMORY)) {
                link(LOCK);
                boolean fits = memoryLength > 0
                        && !Files.exists(outgrown())
                        && Files.getFileStore(SHARED_MEMORY).getUsableSpace() >= 2 * memoryLength;
                isInMemory = fits && link(DATA);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("clearing the state's tables failed: directory=" + directory, e);
        }
    }

    private Path outgrown() {
        return directory.resolve("outgrown");
    }

    /** A file of the folder, and the one in memory that it leads to: a process that was killed while it opened may have left both. */
    private static void delete(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            Path target = Files.readSymbolicLink(file);
            if (SHARED_MEMORY.equals(target.getParent())) {
                Files.deleteIfExists(target);
            }
        }
        Files.deleteIfExists(file);
    }

    /** @return false where the folder's file system has no links: the file lies in the folder then. */
    private boolean link(String name) {
        Path target = SHARED_MEMORY.resolve("apollo-" + name + "-" + UUID.randomUUID());
        try {
            links.add(Files.createSymbolicLink(directory.resolve(name), target));
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** LMDB has the files open: their names go, and those of the links. */
    void opened() {
        try {
            for (Path link : links) {
                delete(link);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("file in memory cannot be deleted: directory=" + directory, e);
        }
    }

    /** Whether the tables lie in memory. */
    boolean isInMemory() {
        return isInMemory;
    }

    /** Bytes that the tables may have where they lie, of so many that are wanted. */
    long limit(long wanted) {
        return isInMemory() ? Math.min(wanted, memoryLength) : wanted;
    }

    /** The tables are larger than memory may hold: from the next start on they lie on the disk. */
    TablesOutgrownException outgrow(String why) {
        try {
            Files.writeString(outgrown(), "the tables lie on the disk\n");
        } catch (IOException e) {
            throw new UncheckedIOException("it cannot be noted that the state's tables are large: " + outgrown(), e);
        }
        return new TablesOutgrownException(
                "the namespace's tables have become larger than memory may hold, and move to the disk: directory="
                        + directory + ", in memory=" + memoryLength + " bytes, " + why);
    }
}

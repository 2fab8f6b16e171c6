package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.apollofs.io.os.Libc;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what a site writes to its own user: log, tables, chunks and the buffers in shared memory hold what files hold, whatever
 * the mode of those files. Stateless.
 */
final class PrivateFiles {
    private static final Logger LOG = LoggerFactory.getLogger(PrivateFiles.class);
    private static final int OTHERS = 0077;
    private static final Set<PosixFilePermission> FOLDER = PosixFilePermissions.fromString("rwx------");

    private PrivateFiles() {}

    /** From now on this process makes files that nobody else may read: 0600, in folders of 0700. */
    static void begin() {
        Libc.umask(OTHERS);
    }

    /**
     * Takes from others what an earlier build gave them. Does not follow links.
     *
     * @param tree a folder, or nothing.
     * @throws IOException if a file cannot be changed: it is another user's.
     */
    static void mend(Path tree) throws IOException {
        if (!Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int[] mended = {0};
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                mended[0] += mendOne(folder);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    mended[0] += mendOne(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        if (mended[0] > 0) {
            LOG.warn("others might read the site's files, and may not any more: dir={}, files={}", tree, mended[0]);
        }
    }

    /** @return 1 if it was open to others. */
    private static int mendOne(Path file) throws IOException {
        Set<PosixFilePermission> before = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        EnumSet<PosixFilePermission> after = EnumSet.copyOf(FOLDER);
        after.retainAll(before);
        if (after.size() == before.size()) {
            return 0;
        }
        Files.setPosixFilePermissions(file, after);
        return 1;
    }

    /** Whether anybody but the owner may read, write or run a file. */
    static boolean isOpenToOthers(Path file) throws IOException {
        return !FOLDER.containsAll(Files.getPosixFilePermissions(file));
    }
}

package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.file.Path;
import org.apollofs.io.chunk.TargetRefusedException.Reason;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.FileStatus;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.apollofs.io.os.OsException;

/**
 * Journals and snapshots as files of a target's directory, and a lock on the directory that keeps a second process out for as
 * long as this is open.
 */
final class DirectoryStoreFiles implements StoreFiles {
    private static final String[] JOURNALS = {"journal-0", "journal-1"};
    private static final String[] SNAPSHOTS = {"snapshot-0", "snapshot-1"};

    private final Path directory;
    private final int targetId;
    private int lockDescriptor;

    private DirectoryStoreFiles(Path directory, int targetId, int lockDescriptor) {
        this.directory = directory;
        this.targetId = targetId;
        this.lockDescriptor = lockDescriptor;
    }

    /** Name of journal 0 or 1. */
    static String journalName(int which) {
        return JOURNALS[which];
    }

    /** Name of snapshot 0 or 1. */
    static String snapshotName(int which) {
        return SNAPSHOTS[which];
    }

    /**
     * Locks the directory.
     *
     * @throws TargetRefusedException if another process has it.
     */
    static DirectoryStoreFiles open(Path directory, int targetId) throws IOException {
        int fd = openFile(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        int result = Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB);
        if (result < 0) {
            Libc.close(fd);
            if (result == -Errno.EWOULDBLOCK) {
                throw new TargetRefusedException(
                        Reason.IN_USE, "target refused: target=" + targetId + ": in use by another process");
            }
            throw new OsException("lock failed: target=" + targetId + ", path=" + directory, result);
        }
        return new DirectoryStoreFiles(directory, targetId, fd);
    }

    private static int openFile(Path path, int flags) throws OsException {
        int fd = Libc.open(path.toString(), flags | OpenFlags.O_CLOEXEC, 0600);
        if (fd < 0) {
            throw new OsException("open failed: path=" + path, fd);
        }
        return fd;
    }

    @Override
    public JournalFile openJournal(int which) throws IOException {
        Path path = directory.resolve(JOURNALS[which]);
        int fd = openFile(path, OpenFlags.O_RDWR);
        try {
            long length = FileStatus.of(fd).size();
            if (length < StoreFormat.MIN_JOURNAL_LENGTH) {
                throw new TargetRefusedException(
                        Reason.JOURNAL_DAMAGED,
                        "journal damaged: target=" + targetId + ": file is too short: path=" + path + ", length="
                                + length);
            }
            return new MappedJournalFile(path, fd, length);
        } catch (IOException | RuntimeException e) {
            Libc.close(fd);
            throw e;
        }
    }

    @Override
    public SnapshotFile openSnapshot(int which) throws IOException {
        Path path = directory.resolve(SNAPSHOTS[which]);
        return new PlainSnapshotFile(path, openFile(path, OpenFlags.O_RDWR));
    }

    @Override
    public void close() {
        if (lockDescriptor >= 0) {
            Libc.close(lockDescriptor);
            lockDescriptor = -1;
        }
    }
}

package org.apollofs.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One process a site folder: a lock that the kernel drops with the process, however it dies. Taken before anything else
 * in the folder is touched, and given back last.
 */
final class SiteLock implements AutoCloseable {
    private final SiteFolder folder;
    private final FileChannel channel;

    private SiteLock(SiteFolder folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** @throws CommandFailure if another process has it, or the folder cannot be written. */
    static SiteLock take(SiteFolder folder) {
        FileChannel channel = null;
        try {
            Files.createDirectories(folder.run());
            channel = FileChannel.open(folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new CommandFailure(
                        ExitCode.SITE,
                        "site folder is in use: dir=" + folder.root() + ", pid=" + readPid(folder.processId()),
                        "stop that 'apollo up' first, or use another --dir");
            }
            Files.writeString(folder.processId(), ProcessHandle.current().pid() + "\n");
            return new SiteLock(folder, channel);
        } catch (IOException e) {
            closeQuietly(channel, e);
            boolean isFull = Failures.isNoSpace(e);
            throw new CommandFailure(
                    isFull ? ExitCode.NO_SPACE : ExitCode.SITE,
                    "site folder cannot be written: dir=" + folder.root() + ", " + Failures.describe(e),
                    isFull ? "free some space on that file system" : "check the path and its permissions",
                    e);
        }
    }

    /** The folder that is locked. */
    SiteFolder folder() {
        return folder;
    }

    /** Whether a process holds the lock now. */
    static boolean isHeld(SiteFolder folder) {
        if (!Files.exists(folder.lock())) {
            return false;
        }
        try (FileChannel probe = FileChannel.open(folder.lock(), StandardOpenOption.WRITE);
                FileLock lock = tryLock(probe)) {
            return lock == null;
        } catch (IOException e) {
            return true;
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException held) {
            return null; // by this process
        }
    }

    private static String readPid(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static void closeQuietly(FileChannel channel, IOException first) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException second) {
                first.addSuppressed(second);
            }
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(folder.processId());
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException("site lock cannot be given back: dir=" + folder.root(), e);
        }
    }
}

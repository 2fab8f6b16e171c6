package org.apollofs.namespace.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The space on the disk of a member's folder, which its log, its snapshots and its tables share. Any thread. */
final class DiskSpace {
    private static final Logger LOG = LoggerFactory.getLogger(DiskSpace.class);
    private static final long MAX_RESERVE = 512L << 20;
    private static final long MIN_RESERVE = 2 * NamespaceMember.FULL_DISK_BYTES;
    /** Of a small disk the reserve is a part. */
    private static final int RESERVE_PART = 50;

    private final FileStore disk;
    private final NamespaceCounters counters;

    /** @throws UncheckedIOException if the folder is not there. */
    DiskSpace(Path folder, NamespaceCounters counters) {
        this.counters = counters;
        try {
            disk = Files.getFileStore(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("namespace member: no disk: directory=" + folder, e);
        }
    }

    long usable() throws IOException {
        return disk.getUsableSpace();
    }

    /** Whether little is left; what was low is so until there is some more. */
    boolean isLow(boolean was) throws IOException {
        return isLow(usable(), disk.getTotalSpace(), counters.snapshotLength.get(), was);
    }

    /** A snapshot is written before an older one is deleted, so as much as the last one took is kept for it. */
    static boolean isLow(long usable, long total, long snapshot, boolean was) {
        long reserve = Math.max(MIN_RESERVE, Math.min(MAX_RESERVE, total / RESERVE_PART));
        return usable < snapshot + (was ? 2 * reserve : reserve);
    }

    /** Whether a snapshot like the last one fits. One that does not would be given up, and leave a full disk. */
    boolean hasRoomForSnapshot() {
        try {
            return usable() > counters.snapshotLength.get() + NamespaceMember.FULL_DISK_BYTES;
        } catch (IOException e) {
            LOG.debug("namespace: space is not known: {}", e.getMessage());
            return true;
        }
    }
}

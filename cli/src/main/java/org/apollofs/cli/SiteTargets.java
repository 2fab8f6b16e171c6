package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.device.DataFile;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.apollofs.profile.EngineProfile;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.TargetProfile;

/**
 * The targets of a site on disk: makes the ones that were never made, and finds out which of the others are gone. A target
 * is made whole or not at all ({@link StoreFormat}), and listed in the site's record after that.
 */
final class SiteTargets {
    private static final int MIN_JOURNAL_LENGTH = 4 << 20;
    /** A journal holds as many records as there are chunks of the smallest size, several times over. */
    private static final int JOURNAL_SHARE = 128;

    private final SiteFolder folder;
    private final HardwareProfile profile;
    private final List<Path> made = new ArrayList<>();

    SiteTargets(SiteFolder folder, HardwareProfile profile) {
        this.folder = folder;
        this.profile = profile;
    }

    /** Ids of targets that were made once and whose folder is gone. Never made a second time. */
    List<Integer> missing(SiteRecord record) {
        List<Integer> missing = new ArrayList<>();
        for (TargetProfile target : profile.targets()) {
            Path data = path(target).resolve(StoreFormat.DATA_FILE);
            if (record.targets().containsKey(target.id()) && !Files.exists(data)) {
                missing.add(target.id());
            }
        }
        return missing;
    }

    /**
     * Makes what was never made, and lists it.
     *
     * @return the record with all targets.
     * @throws CommandFailure if there is no space, or no right; {@link #undo()} then takes away what was made.
     */
    SiteRecord make(SiteRecord record) {
        SiteRecord listed = record;
        for (TargetProfile target : profile.targets()) {
            if (!record.targets().containsKey(target.id())) {
                // One that exists though it is not listed was made just before a crash, or is foreign: opening it
                // tells.
                if (!Files.exists(path(target))) {
                    format(record, target);
                }
                listed = listed.withTarget(target.id(), target.path());
            }
        }
        return listed;
    }

    /** Takes away the targets that this object made. */
    void undo() throws IOException {
        for (Path target : made) {
            SiteFolder.deleteTree(target);
        }
        made.clear();
    }

    Path path(TargetProfile target) {
        return HardwareProfile.targetPath(folder.root(), target);
    }

    private void format(SiteRecord record, TargetProfile target) {
        Path path = path(target);
        int chunkLength = profile.layout().chunkLength();
        long journal =
                Math.clamp(target.sizeBytes() / JOURNAL_SHARE, MIN_JOURNAL_LENGTH, StoreFormat.DEFAULT_JOURNAL_LENGTH);
        try {
            Files.createDirectories(path.getParent());
            Superblock superblock = new StoreFormat(path, record.siteId(), target.id())
                    .deviceLength(Superblock.deviceLengthFor(target.sizeBytes() / chunkLength, chunkLength))
                    .chunkLength(chunkLength)
                    .journalLength((int) journal)
                    .formatId(new SecureRandom().nextLong())
                    .nowMs(System.currentTimeMillis())
                    .mode(
                            profile.engine().preallocate() == EngineProfile.Preallocate.WRITE
                                    ? DataFile.Mode.ZEROED
                                    : DataFile.Mode.ALLOCATED)
                    .format();
            if (superblock.targetId() != target.id()) {
                throw new IllegalStateException("formatted as another target: " + superblock);
            }
            made.add(path);
        } catch (IOException e) {
            boolean full = e instanceof OsException os && os.errno() == Errno.ENOSPC;
            throw new CommandFailure(
                    full ? ExitCode.NO_SPACE : ExitCode.TARGET,
                    "target cannot be made: target=" + target.id() + ", path=" + path + ", size=" + target.sizeBytes()
                            + ", " + Failures.describe(e),
                    full
                            ? "free some space, or make the targets smaller in a profile of your own"
                            : "check the path and its file system",
                    e);
        }
    }
}

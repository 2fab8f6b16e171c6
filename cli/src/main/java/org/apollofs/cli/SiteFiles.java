package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LayoutProfile;

/**
 * A site's files at the start of its node: loads them, makes those of a new site, and takes away what was made if the
 * start does not get through. The site lock is held all the while.
 */
final class SiteFiles implements AutoCloseable {
    private final SiteFolder folder;
    private final boolean folderExisted;
    private final boolean fresh;
    private final SiteTargets targets;
    private SiteRecord record;
    private byte[] secret;
    private List<Integer> missing = List.of();
    private boolean kept;

    private SiteFiles(SiteFolder folder, HardwareProfile profile, boolean folderExisted) {
        this.folder = folder;
        this.folderExisted = folderExisted;
        this.fresh = !folder.isSite();
        this.targets = new SiteTargets(folder, profile);
    }

    /**
     * Opens or makes them.
     *
     * @param stack gets it before anything is made: closing it before {@link #keep()} undoes.
     * @param folderExisted whether the folder was there before the site lock was taken.
     */
    static SiteFiles open(SiteFolder folder, HardwareProfile profile, boolean folderExisted, CloseStack stack)
            throws IOException {
        SiteFiles files = stack.push(new SiteFiles(folder, profile, folderExisted));
        files.load(profile.layout());
        return files;
    }

    private void load(LayoutProfile layout) throws IOException {
        Files.deleteIfExists(folder.ready());
        if (fresh) {
            record = new SiteRecord(
                    UUID.randomUUID(), Instant.now().toString(), layout.notation(), layout.chunkLength(), Map.of());
            record.store(folder);
        } else {
            record = SiteRecord.load(folder);
        }
        secret = SiteSecret.loadOrMake(folder);
        missing = targets.missing(record);
        SiteRecord listed = targets.make(record);
        if (!listed.equals(record)) {
            listed.store(folder);
            record = listed;
        }
        Files.createDirectories(folder.namespace());
        SiteFolder.syncFolder(folder.root());
    }

    SiteRecord record() {
        return record;
    }

    SiteTargets targets() {
        return targets;
    }

    byte[] secret() {
        return secret.clone();
    }

    /** Targets whose folder is gone. */
    List<Integer> missing() {
        return missing;
    }

    /** Whether the site is made by this start. */
    boolean isFresh() {
        return fresh;
    }

    /** The start got through: nothing is taken away any more. */
    void keep() {
        kept = true;
    }

    /** Takes away what this start made, unless it got through. Targets of an older site that it added stay listed. */
    @Override
    public void close() throws IOException {
        if (kept || !fresh) {
            return;
        }
        targets.undo();
        SiteFolder.deleteTree(folder.namespace());
        Files.deleteIfExists(folder.secret());
        Files.deleteIfExists(folder.record());
        deleteIfEmpty(folder.root().resolve("targets"));
        SiteFolder.deleteTree(folder.run());
        if (!folderExisted) {
            deleteIfEmpty(folder.root());
        }
    }

    private static void deleteIfEmpty(java.nio.file.Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (var entries = Files.list(directory)) {
            if (entries.findAny().isPresent()) {
                return;
            }
        }
        Files.delete(directory);
    }
}

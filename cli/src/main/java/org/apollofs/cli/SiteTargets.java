package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apollofs.cli.SiteIdentity.TargetNote;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.chunk.TargetInspection;
import org.apollofs.io.chunk.TargetMark;
import org.apollofs.io.device.DataFile;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.apollofs.profile.EngineProfile;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.TargetProfile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The targets of a site on disk: finds out which are the site's own, whole and as new as they were, and makes the ones that were never
 * made. One that is not right is left out, and nothing on it is changed. A target is made whole or not at all ({@link StoreFormat}), and
 * listed in the site's record after that.
 */
final class SiteTargets {
    private static final Logger LOG = LoggerFactory.getLogger(SiteTargets.class);
    private static final int MIN_JOURNAL_LENGTH = 4 << 20;
    /** A journal holds as many records as there are chunks of the smallest size, several times over. */
    private static final int JOURNAL_SHARE = 128;

    private final SiteFolder folder;
    private final HardwareProfile profile;
    private final List<Path> made = new ArrayList<>();
    private final Map<Integer, String> leftOut = new TreeMap<>();
    private final Map<Integer, Superblock> usable = new TreeMap<>();
    private long latestGeneration;

    SiteTargets(SiteFolder folder, HardwareProfile profile) {
        this.folder = folder;
        this.profile = profile;
    }

    /** Looks at all targets that were made once. Reads only; may be called again when the record has changed. */
    void examine(SiteRecord record) {
        leftOut.clear();
        usable.clear();
        latestGeneration = 0;
        for (TargetProfile target : profile.targets()) {
            if (record.targets().containsKey(target.id())) {
                examine(record, target);
            }
        }
    }

    private void examine(SiteRecord record, TargetProfile target) {
        Path path = path(target);
        if (!Files.exists(path.resolve(StoreFormat.DATA_FILE))) {
            leftOut.put(target.id(), "missing: expected=" + path);
            return;
        }
        try {
            Superblock found = TargetInspection.of(path).superblock();
            String problem = problem(record, target, found);
            if (problem == null) {
                usable.put(target.id(), found);
            } else {
                leftOut.put(target.id(), problem + ": path=" + path);
            }
        } catch (IOException e) {
            leftOut.put(target.id(), "cannot be used: path=" + path + ", " + Failures.describe(e));
        }
    }

    /** What speaks against a target, or null. */
    private String problem(SiteRecord record, TargetProfile target, Superblock found) {
        if (!found.siteId().equals(record.siteId())) {
            return "of another site: found=" + found.siteId() + ", expected=" + record.siteId();
        }
        if (found.targetId() != target.id()) {
            return "another target of the site: found=" + found.targetId() + ", expected=" + target.id();
        }
        TargetMark mark = found.mark();
        if (!record.identity().accepts(mark)) {
            return "last used by another namespace: found=" + mark.namespaceId() + ", expected="
                    + record.identity().namespaceId();
        }
        latestGeneration = Math.max(latestGeneration, mark.generation());
        TargetNote note = record.identity().targets().get(target.id());
        if (note == null) {
            return null;
        }
        if (note.formatId() != found.formatId()) {
            if (!mark.isUsed()) {
                LOG.warn("target was made anew, what it held is not on it: target={}", target.id());
                return null;
            }
            return "not the one that was used last, but one that was replaced";
        }
        return mark.generation() < note.generation()
                ? "an older copy: generation=" + mark.generation() + ", it has had " + note.generation()
                : null;
    }

    /** Targets that are not used, and why. */
    Map<Integer, String> leftOut() {
        return leftOut;
    }

    /** Whether any target that was made once can be used. */
    boolean hasUsable() {
        return !usable.isEmpty();
    }

    /** Highest generation of the site's own. */
    long latestGeneration() {
        return latestGeneration;
    }

    /** Who used a target last, before this start. */
    TargetMark mark(int id) {
        Superblock superblock = usable.get(id);
        return superblock == null ? TargetMark.NONE : superblock.mark();
    }

    /** As formatted. */
    long formatId(int id) {
        return usable.get(id).formatId();
    }

    /** Sequence of a record that a target's journal must have; 0 if none is known. */
    static long leastSequence(SiteRecord record, int id, long formatId) {
        TargetNote note = record.identity().targets().get(id);
        return note == null || note.formatId() != formatId ? 0 : note.sequence();
    }

    /**
     * Makes what was never made, and lists it.
     *
     * @param fresh whether the site is new: then nothing may be there.
     * @return the record with all targets.
     * @throws CommandFailure if there is no space, or no right; {@link #undo()} then takes away what was made.
     */
    SiteRecord make(SiteRecord record, boolean fresh) {
        SiteRecord listed = record;
        for (TargetProfile target : profile.targets()) {
            if (!record.targets().containsKey(target.id())) {
                if (!Files.exists(path(target))) {
                    usable.put(target.id(), format(record, target));
                    listed = listed.withTarget(target.id(), target.path());
                } else if (fresh) {
                    throw inTheWay(target);
                } else if (isMadeJustNow(record, target)) {
                    listed = listed.withTarget(target.id(), target.path());
                }
            }
        }
        return listed;
    }

    /** One that exists though it is not listed was made just before a kill, or is another's, and is left out. */
    private boolean isMadeJustNow(SiteRecord record, TargetProfile target) {
        examine(record, target);
        Superblock found = usable.get(target.id());
        if (found != null && found.mark().isUsed()) {
            usable.remove(target.id());
            leftOut.put(target.id(), "not listed in the site's record, and was used: path=" + path(target));
        }
        return usable.containsKey(target.id());
    }

    private CommandFailure inTheWay(TargetProfile target) {
        String what;
        try {
            Superblock found = TargetInspection.of(path(target)).superblock();
            what = "target " + found.targetId() + " of site " + found.siteId();
        } catch (IOException e) {
            what = "no target of a site that is made now";
        }
        return new CommandFailure(
                ExitCode.TARGET,
                "a new site makes its targets itself, and there is something: target=" + target.id() + ", path="
                        + path(target) + ", found=" + what,
                "if the site was made before, bring the disk of its --dir back; else move that away");
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

    private Superblock format(SiteRecord record, TargetProfile target) {
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
            return superblock;
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

package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apollofs.cli.SiteIdentity.TargetNote;
import org.apollofs.dataplane.target.StorageTarget;
import org.apollofs.io.chunk.TargetMark;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.state.IdentityClaim;
import org.apollofs.profile.HardwareProfile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A site's files at the start of its node: loads them, finds out whether all that once was there is there, makes those of a new site,
 * and takes away what was made if the start does not get through. The site lock is held all the while.
 *
 * <p>The order, so that a start can be killed anywhere: the record announces the next generation; targets take it when they open; the
 * namespace takes it in its log; then the record notes who has it ({@link #confirm}). No file is served before.
 */
final class SiteFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SiteFiles.class);

    private final SiteFolder folder;
    private final HardwareProfile profile;
    private final boolean folderExisted;
    private final boolean namespaceExisted;
    private final boolean fresh;
    private final UUID discard;
    private final SiteTargets targets;
    private SiteRecord record;
    private byte[] secret;
    private boolean isNamespaceGivenUp;
    private boolean kept;

    private SiteFiles(SiteFolder folder, HardwareProfile profile, boolean folderExisted, UUID discard) {
        this.folder = folder;
        this.profile = profile;
        this.folderExisted = folderExisted;
        this.namespaceExisted = Files.exists(folder.namespace());
        this.fresh = !folder.isSite();
        this.discard = discard;
        this.targets = new SiteTargets(folder, profile);
    }

    /**
     * Opens or makes them.
     *
     * @param folderExisted whether the folder was there before the site lock was taken.
     * @param discard the site's id if the operator gives up what is missing of it, else null.
     * @param stack gets it before anything is made: closing it before {@link #keep()} undoes.
     * @throws CommandFailure MISSING if something that once was there is not.
     */
    static SiteFiles open(
            SiteFolder folder, HardwareProfile profile, boolean folderExisted, UUID discard, CloseStack stack)
            throws IOException {
        SiteFiles files = stack.push(new SiteFiles(folder, profile, folderExisted, discard));
        files.load();
        return files;
    }

    private void load() throws IOException {
        Files.deleteIfExists(folder.ready());
        if (fresh) {
            if (discard != null) {
                throw nothingToDiscard("there is no site yet: dir=" + folder.root());
            }
            record = new SiteRecord(
                    UUID.randomUUID(),
                    Instant.now().toString(),
                    profile.layout().notation(),
                    profile.layout().chunkLength(),
                    Map.of(),
                    SiteIdentity.fresh().withGeneration(1));
            store();
        } else {
            record = SiteRecord.load(folder);
            examine();
        }
        secret = SiteSecret.loadOrMake(folder);
        record = record.withIdentity(record.identity().withSecret(SiteSecret.hash(secret)));
        record = targets.make(record, fresh);
        requireTargets();
        Files.createDirectories(folder.namespace());
        store();
        SiteFolder.syncFolder(folder.root());
    }

    /** Finds out whether all is there, and announces the next generation. */
    private void examine() throws IOException {
        targets.examine(record);
        SiteParts parts = SiteParts.examine(
                folder, record, profile.namespace().members().getFirst().id(), targets.latestGeneration());
        Optional<SitePart> wrong = parts.firstWrong();
        if (wrong.isPresent()) {
            giveUp(parts, wrong.get());
        } else if (discard != null) {
            throw nothingToDiscard("nothing of the site is missing: dir=" + folder.root());
        }
        SiteIdentity identity = record.identity();
        if (record.isOfFirstFormat()) {
            identity = new SiteIdentity(0, UUID.randomUUID(), true, 0, identity.discarded(), "", Map.of());
        }
        isNamespaceGivenUp = parts.isNamespaceLost() || parts.isNamespaceOlder();
        if (parts.isNamespaceLost() && identity.namespaceMade()) {
            identity = identity.withoutNamespace();
        } else if (parts.isNamespaceOlder()) {
            identity = identity.withOlderNamespace();
        }
        record = record.withIdentity(identity.withGeneration(parts.latestGeneration() + 1));
        store();
        targets.examine(record);
        targets.leftOut().forEach((id, why) -> LOG.warn("target is left out: target={}, {}", id, why));
    }

    private void giveUp(SiteParts parts, SitePart wrong) throws IOException {
        String siteId = record.siteId().toString();
        if (discard == null) {
            throw wrong.refusal(siteId);
        }
        if (!discard.equals(record.siteId())) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--discard names another site: found=" + discard + ", this is " + siteId,
                    wrong.what());
        }
        Optional<SitePart> foreign = parts.firstForeign();
        if (foreign.isPresent()) {
            throw foreign.get().refusal(siteId);
        }
        LOG.warn("given up for good, as the operator says: {}", wrong.what());
        if (SiteSecret.problem(folder, record.identity().secret()).isPresent() && Files.exists(folder.secret())) {
            Path aside = folder.secret().resolveSibling("secret.discarded");
            Files.move(folder.secret(), aside, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static CommandFailure nothingToDiscard(String why) {
        return new CommandFailure(ExitCode.USAGE, "--discard has nothing to give up: " + why, "leave it out");
    }

    /** A site goes on without some of its targets; without all of them it is their disks that are not there. */
    private void requireTargets() {
        if (!targets.hasUsable()) {
            throw new CommandFailure(
                    ExitCode.MISSING,
                    "none of the site's targets can be used: dir=" + folder.root() + ", " + targets.leftOut(),
                    "bring their disks back");
        }
    }

    private void store() throws IOException {
        record.store(folder);
    }

    SiteFolder folder() {
        return folder;
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

    /** Targets that are not used, and why. */
    Map<Integer, String> leftOut() {
        return targets.leftOut();
    }

    /** What the namespace shall say of itself. */
    IdentityClaim claim() {
        SiteIdentity identity = record.identity();
        return new IdentityClaim(identity.namespaceId(), identity.namespaceGeneration(), identity.generation());
    }

    /** Whether the operator has given up what is missing of the namespace. */
    boolean isNamespaceGivenUp() {
        return isNamespaceGivenUp;
    }

    /** What targets note when they open. */
    TargetMark mark() {
        return new TargetMark(record.identity().namespaceId(), record.identity().generation());
    }

    /** Sequence of a record that a target's journal must have. */
    long leastSequence(int target) {
        return SiteTargets.leastSequence(record, target, targets.formatId(target));
    }

    /** Whether a namespace may say what on a target is dead: the target was last used by it, in no later generation. */
    boolean accepts(int target, NamespaceIdentity identity) {
        TargetMark before = targets.mark(target);
        return identity.id().equals(record.identity().namespaceId())
                && record.identity().accepts(before)
                && before.generation() <= identity.generation();
    }

    /** Notes targets that serve. Before their threads run. */
    void noteTargets(Iterable<StorageTarget> serving) {
        SiteIdentity identity = record.identity();
        for (StorageTarget target : serving) {
            int id = target.targetId();
            identity = identity.withTarget(
                    id, new TargetNote(targets.formatId(id), identity.generation(), target.durableSequence()));
        }
        record = record.withIdentity(identity);
    }

    /** The namespace and all targets that serve have this generation: durably noted on return. */
    void confirm(NamespaceIdentity namespace) throws IOException {
        record = record.withIdentity(record.identity().withNamespace(namespace.id(), namespace.generation()));
        store();
    }

    /** Notes how far the targets have come, which have stopped in order. */
    void noteStop(Iterable<StorageTarget> stopped) {
        if (!kept) {
            return;
        }
        noteTargets(stopped);
        try {
            store();
        } catch (IOException e) {
            // What it does not know is not held against the targets at the next start.
            LOG.warn("site record cannot be written: {}", Failures.describe(e));
        }
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
        Files.deleteIfExists(folder.namespaceMark());
        deleteNamespace();
        Files.deleteIfExists(folder.secret());
        Files.deleteIfExists(folder.record());
        deleteIfEmpty(folder.root().resolve("targets"));
        SiteFolder.deleteTree(folder.run());
        if (!folderExisted) {
            deleteIfEmpty(folder.root());
        }
    }

    /** Where a disk is mounted, what is in it. */
    private void deleteNamespace() throws IOException {
        if (!namespaceExisted) {
            SiteFolder.deleteTree(folder.namespace());
            return;
        }
        try (var entries = Files.list(folder.namespace())) {
            for (Path entry :
                    entries.filter(path -> !path.endsWith("lost+found")).toList()) {
                SiteFolder.deleteTree(entry);
            }
        }
    }

    private static void deleteIfEmpty(Path directory) throws IOException {
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

package org.apollofs.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apollofs.namespace.cluster.FolderCheck;
import org.apollofs.namespace.cluster.FolderCondition;
import org.apollofs.namespace.cluster.FolderCondition.State;

/**
 * Holds a site's parts against its record, before anything is changed: namespace, secret, and whether the record itself is as new as
 * they are. Targets are looked at by {@link SiteTargets}, since the site starts without those that are not right.
 */
final class SiteParts {
    private final SiteFolder folder;
    private final SiteRecord record;
    private final FolderCondition namespace;
    private final long latestGeneration;
    private final List<SitePart> wrong = new ArrayList<>();
    private boolean namespaceIsLost;
    private boolean namespaceIsOlder;

    private SiteParts(SiteFolder folder, SiteRecord record, FolderCondition namespace, long targetGeneration) {
        this.folder = folder;
        this.record = record;
        this.namespace = namespace;
        latestGeneration = Math.max(targetGeneration, namespace.generation());
    }

    /**
     * Looks. The site lock is held.
     *
     * @param member number of the namespace's member.
     * @param targetGeneration highest generation of the site's own targets.
     */
    static SiteParts examine(SiteFolder folder, SiteRecord record, int member, long targetGeneration) {
        SiteParts parts = new SiteParts(
                folder,
                record,
                FolderCheck.examine(folder.namespace(), folder.namespaceMark(), member),
                targetGeneration);
        parts.examineRecord();
        parts.examineSecret();
        parts.examineNamespace();
        return parts;
    }

    private void examineRecord() {
        if (latestGeneration > record.identity().generation()) {
            wrong.add(new SitePart(
                    "site record is an older copy: file=" + folder.record() + ", generation="
                            + record.identity().generation() + ", the site's parts have " + latestGeneration,
                    "put the newest one back",
                    true));
        }
    }

    private void examineSecret() {
        SiteSecret.problem(folder, record.identity().secret()).ifPresent(wrong::add);
    }

    private void examineNamespace() {
        SiteIdentity identity = record.identity();
        UUID found = namespace.namespaceId();
        boolean isKnown = !found.equals(SiteIdentity.UNKNOWN);
        if (namespace.state() == State.NEW) {
            if (identity.namespaceMade() || record.isOfFirstFormat()) {
                namespaceIsLost = true;
                wrong.add(lost("namespace is missing: expected=" + folder.namespace()));
            }
        } else if (isKnown && identity.discarded().contains(found) && namespace.state() != State.WHOLE) {
            // It was being given up when the start was killed.
            namespaceIsLost = true;
        } else if (isKnown && isAnother(identity, found)) {
            wrong.add(new SitePart(
                    "namespace is "
                            + (identity.discarded().contains(found) ? "one that was given up" : "another site's")
                            + ": path=" + folder.namespace() + ", found=" + found + ", expected="
                            + identity.namespaceId(),
                    "move it away, and put the site's own there",
                    false));
        } else if (namespace.state() == State.FOREIGN) {
            wrong.add(new SitePart(namespace.what(), "move it away, and put the site's own there", false));
        } else if (namespace.state() == State.OLDER) {
            namespaceIsOlder = true;
            wrong.add(new SitePart(namespace.what(), "put the newest one back, or, to go on with this one", true));
        } else if (namespace.isRefused()) {
            namespaceIsLost = true;
            wrong.add(lost(namespace.what()));
        }
    }

    private static boolean isAnother(SiteIdentity identity, UUID found) {
        return !identity.namespaceId().equals(SiteIdentity.UNKNOWN)
                && !identity.namespaceId().equals(found);
    }

    private static SitePart lost(String what) {
        return new SitePart(what, "bring its disk back, or restore it", true);
    }

    /** The first part that is not right. */
    Optional<SitePart> firstWrong() {
        return wrong.stream().findFirst();
    }

    /** The first part that is not right and cannot be given up. */
    Optional<SitePart> firstForeign() {
        return wrong.stream().filter(part -> !part.canDiscard()).findFirst();
    }

    /** Whether the namespace cannot be used, and is made anew if the start goes on. */
    boolean isNamespaceLost() {
        return namespaceIsLost;
    }

    /** Whether the namespace is an older copy, and is taken as it is if the start goes on. */
    boolean isNamespaceOlder() {
        return namespaceIsOlder;
    }

    /** Highest generation that any part has. */
    long latestGeneration() {
        return Math.max(latestGeneration, record.identity().generation());
    }
}

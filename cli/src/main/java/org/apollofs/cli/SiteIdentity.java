package org.apollofs.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apollofs.io.chunk.TargetMark;

/**
 * What a site's record knows of the site's other parts, so that one that is missing, older or another's is found: see
 * docs/identity.md. Immutable.
 *
 * @param generation of the last start: announced here before any other part has it, so nothing has a higher one.
 * @param namespaceId of the site's namespace; all zero of a site that was made before there were ids.
 * @param namespaceMade whether the namespace has once said who it is: from then on it is never made a second time.
 * @param namespaceGeneration that the namespace has had: an older copy has less.
 * @param discarded namespaces that were given up for good.
 * @param secret SHA-256 of the site's secret, hexadecimal; empty if it is not known yet.
 * @param targets by id.
 */
record SiteIdentity(
        long generation,
        UUID namespaceId,
        boolean namespaceMade,
        long namespaceGeneration,
        List<UUID> discarded,
        String secret,
        Map<Integer, TargetNote> targets) {
    static final UUID UNKNOWN = new UUID(0, 0);
    /** Of a site that was made before all this was noted. */
    static final SiteIdentity NONE = new SiteIdentity(0, UNKNOWN, false, 0, List.of(), "", Map.of());

    /**
     * A target as it was when it last served.
     *
     * @param formatId of its superblock.
     * @param generation that it has had: an older copy has less.
     * @param sequence of a record that its journal has had.
     */
    record TargetNote(long formatId, long generation, long sequence) {}

    SiteIdentity {
        discarded = List.copyOf(discarded);
        targets = Map.copyOf(targets);
    }

    /** Of a new site. */
    static SiteIdentity fresh() {
        return new SiteIdentity(0, UUID.randomUUID(), false, 0, List.of(), "", Map.of());
    }

    SiteIdentity withGeneration(long next) {
        return new SiteIdentity(next, namespaceId, namespaceMade, namespaceGeneration, discarded, secret, targets);
    }

    SiteIdentity withSecret(String hash) {
        return new SiteIdentity(generation, namespaceId, namespaceMade, namespaceGeneration, discarded, hash, targets);
    }

    SiteIdentity withTarget(int id, TargetNote note) {
        Map<Integer, TargetNote> more = new TreeMap<>(targets);
        more.put(id, note);
        return new SiteIdentity(generation, namespaceId, namespaceMade, namespaceGeneration, discarded, secret, more);
    }

    /** The namespace is there, and of this generation. */
    SiteIdentity withNamespace(UUID id, long ofGeneration) {
        return new SiteIdentity(generation, id, true, ofGeneration, discarded, secret, targets);
    }

    /** The namespace is given up, and another is made. */
    SiteIdentity withoutNamespace() {
        List<UUID> more = new ArrayList<>(discarded);
        if (!namespaceId.equals(UNKNOWN)) {
            more.add(namespaceId);
        }
        return new SiteIdentity(generation, UUID.randomUUID(), false, 0, more, secret, targets);
    }

    /** An older copy of the namespace is taken for it. */
    SiteIdentity withOlderNamespace() {
        return new SiteIdentity(generation, namespaceId, namespaceMade, 0, discarded, secret, targets);
    }

    /** Whether a target that was last used so is this site's to use: by its namespace, or one that was given up for it. */
    boolean accepts(TargetMark mark) {
        return !mark.isUsed() || mark.namespaceId().equals(namespaceId) || discarded.contains(mark.namespaceId());
    }
}

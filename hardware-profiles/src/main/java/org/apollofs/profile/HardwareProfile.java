package org.apollofs.profile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A site's profile, checked: every value is in range and fits the others. Immutable. Lengths and sizes are in bytes.
 *
 * @param source file it came from, or the name of a built-in one, for messages.
 * @param profile its name.
 * @param targets in the order of the file.
 */
public record HardwareProfile(
        String source,
        String profile,
        String description,
        LayoutProfile layout,
        List<TargetProfile> targets,
        NamespaceProfile namespace,
        LaneProfile lanes,
        MountProfile mount,
        ThreadProfile threads,
        EngineProfile engine) {

    public HardwareProfile {
        targets = List.copyOf(targets);
    }

    /**
     * The same site with another layout and as many targets as that needs, each like the first one.
     *
     * @throws ProfileException if the other values do not fit it.
     */
    public HardwareProfile withLayout(int dataChunks, int parityChunks) {
        List<TargetProfile> derived = new ArrayList<>();
        for (int i = 0; i < dataChunks + parityChunks; i++) {
            derived.add(i < targets.size() ? targets.get(i) : targets.getFirst().sibling(nextId(derived), i));
        }
        LayoutProfile other = layout.withChunks(dataChunks, parityChunks);
        // A wide layout needs a wider pool: two open stripes, and a request in each worker's hand.
        int hostSlabs = Math.max(engine.hostSlabs(), ProfileRules.leastHostSlabs(other, mount));
        return checked(other, derived, engine.withHostSlabs(hostSlabs));
    }

    /** The same site with targets of another size. @throws ProfileException if it is too small. */
    public HardwareProfile withTargetSize(long sizeBytes) {
        List<TargetProfile> derived =
                targets.stream().map(target -> target.withSize(sizeBytes)).toList();
        return checked(layout, derived, engine);
    }

    /** The same site with another backend of the mount. */
    public HardwareProfile withBackend(MountProfile.Backend backend) {
        MountProfile other = mount.withBackend(backend);
        return new HardwareProfile(
                source, profile, description, layout, targets, namespace, lanes, other, threads, engine);
    }

    /** Where a target lives, in a site's folder. */
    public static Path targetPath(Path site, TargetProfile target) {
        return site.resolve(target.path()).normalize();
    }

    private static int nextId(List<TargetProfile> present) {
        return 1 + present.stream().mapToInt(TargetProfile::id).max().orElse(-1);
    }

    private HardwareProfile checked(LayoutProfile otherLayout, List<TargetProfile> others, EngineProfile otherEngine) {
        HardwareProfile derived = new HardwareProfile(
                source, profile, description, otherLayout, others, namespace, lanes, mount, threads, otherEngine);
        List<ProfileProblem> problems = ProfileRules.check(derived);
        if (!problems.isEmpty()) {
            throw new ProfileException(source, problems);
        }
        return derived;
    }
}

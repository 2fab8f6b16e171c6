package org.apollofs.profile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A site's profile, checked: every value is in range and fits the others. Immutable. Lengths and sizes are in bytes.
 *
 * @param source file it came from, or the name of a built-in one, for messages.
 * @param profile its name.
 * @param targets in the order of the file; none on a machine that only mounts, or is a member only.
 * @param machine what the profile is for.
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
        EngineProfile engine,
        RepairProfile repair,
        SecurityProfile security,
        MachineProfile machine) {

    public HardwareProfile {
        targets = List.copyOf(targets);
    }

    /** A profile that says nothing of its machine. */
    public HardwareProfile(
            String source,
            String profile,
            String description,
            LayoutProfile layout,
            List<TargetProfile> targets,
            NamespaceProfile namespace,
            LaneProfile lanes,
            MountProfile mount,
            ThreadProfile threads,
            EngineProfile engine,
            RepairProfile repair,
            SecurityProfile security) {
        this(
                source,
                profile,
                description,
                layout,
                targets,
                namespace,
                lanes,
                mount,
                threads,
                engine,
                repair,
                security,
                MachineProfile.UNKNOWN);
    }

    /**
     * This profile, if a whole site can run by it in one process.
     *
     * @throws ProfileException if it is one of a part of a site.
     */
    public HardwareProfile requireWholeSite() {
        if (machine.role() != MachineProfile.Role.EMBEDDED) {
            throw new ProfileException(
                    source,
                    List.of(new ProfileProblem(
                            0,
                            "machine.role",
                            "expected embedded, a whole site in one process, found "
                                    + machine.role().name().toLowerCase(Locale.ROOT))));
        }
        return this;
    }

    /** This profile, if it has targets. @throws ProfileException if it has none. */
    public HardwareProfile requireTargets() {
        if (targets.isEmpty()) {
            throw new ProfileException(
                    source, List.of(new ProfileProblem(0, "targets", "expected at least 1 target, found 0")));
        }
        return this;
    }

    /** Bytes of all targets. */
    public long capacityBytes() {
        return targets.stream().mapToLong(TargetProfile::sizeBytes).sum();
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
                source,
                profile,
                description,
                layout,
                targets,
                namespace,
                lanes,
                other,
                threads,
                engine,
                repair,
                security,
                machine);
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
                source,
                profile,
                description,
                otherLayout,
                others,
                namespace,
                lanes,
                mount,
                threads,
                otherEngine,
                repair,
                security,
                machine);
        List<ProfileProblem> problems = ProfileRules.check(derived);
        if (!problems.isEmpty()) {
            throw new ProfileException(source, problems);
        }
        return derived;
    }
}

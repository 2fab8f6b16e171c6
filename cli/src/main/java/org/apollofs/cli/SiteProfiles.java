package org.apollofs.cli;

import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LayoutProfile;
import org.apollofs.profile.MountProfile;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.TargetProfile;

/** Which profile a site runs with: what was asked for, held against what the site was made with. */
final class SiteProfiles {
    private static final String DEFAULT = "embedded";

    private SiteProfiles() {}

    /**
     * Chooses. A site that was made before keeps its layout when nothing else is asked for.
     *
     * @param name profile file or built-in name, or null.
     * @param layout k and m, or null.
     * @param backend of the mount, or null.
     * @throws CommandFailure if what is asked for does not fit the site.
     */
    static HardwareProfile choose(SiteFolder folder, String name, int[] layout, MountProfile.Backend backend) {
        HardwareProfile profile =
                ProfileLoader.load(name == null ? DEFAULT : name).requireWholeSite();
        if (backend != null) {
            profile = profile.withBackend(backend);
        }
        if (layout != null) {
            profile = profile.withLayout(layout[0], layout[1]);
        }
        if (!folder.isSite()) {
            return profile;
        }
        SiteRecord record = SiteRecord.load(folder);
        if (name == null && layout == null) {
            int[] recorded = LayoutProfile.parse(record.layout());
            profile = profile.withLayout(recorded[0], recorded[1]);
        }
        check(folder, record, profile);
        return profile;
    }

    private static void check(SiteFolder folder, SiteRecord record, HardwareProfile profile) {
        LayoutProfile layout = profile.layout();
        if (!record.layout().equals(layout.notation()) || record.chunkLength() != layout.chunkLength()) {
            throw new CommandFailure(
                    ExitCode.PROFILE,
                    "the site was made with another layout: dir=" + folder.root() + ", site=" + record.layout() + " of "
                            + record.chunkLength() + " bytes, asked=" + layout.notation() + " of "
                            + layout.chunkLength() + " bytes",
                    "changing the layout of a site is not supported; leave --layout out, or use another --dir");
        }
        record.targets().forEach((id, path) -> {
            TargetProfile target = profile.targets().stream()
                    .filter(candidate -> candidate.id() == id)
                    .findAny()
                    .orElse(null);
            if (target == null || !target.path().equals(path)) {
                throw new CommandFailure(
                        ExitCode.PROFILE,
                        "the site has a target that the profile does not have: dir=" + folder.root() + ", target=" + id
                                + ", path=" + path + ", profile=" + profile.source(),
                        "give --profile the file that the site was made with");
            }
        });
    }
}

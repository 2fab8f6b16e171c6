package org.apollofs.profile;

import java.util.ArrayList;
import java.util.List;

/**
 * The profile of a site of many machines: it composes the profiles of machines. Immutable.
 *
 * @param source file it came from, or the name of a built-in one, for messages.
 * @param layout of all machines; its inline limit is the default's.
 * @param places where machines stand.
 */
public record SiteProfile(
        String source,
        String profile,
        String description,
        LayoutProfile layout,
        GoalProfile goals,
        List<Place> places) {
    /** Profiles of sites that ship with Apollo, by name. */
    public static final List<String> BUILT_IN = List.of("site-4k", "site-8k", "site-160k", "sites-3-geo");

    public SiteProfile {
        places = List.copyOf(places);
    }

    /**
     * Where machines stand.
     *
     * @param racks numbered from 0.
     * @param rackWatts power of a rack; 0 if it is not said.
     * @param powerFeeds rack r is on feed r modulo this.
     */
    public record Place(String name, int racks, int rackWatts, int powerFeeds, List<Group> groups) {
        public Place {
            groups = List.copyOf(groups);
        }
    }

    /**
     * Machines that are alike.
     *
     * @param machine profile of each.
     * @param perRack of the group in one rack.
     * @param firstRack where the group begins.
     * @param address pattern with {@code {index}}, {@code {rack}} and {@code {slot}}.
     */
    public record Group(String name, HardwareProfile machine, int count, int perRack, int firstRack, String address) {
        /** Racks that the group stands in. */
        public int racks() {
            return (count + perRack - 1) / perRack;
        }

        /** Machines of the group with this role. A tray with GPUs and targets is a server, and mounts. */
        public int count(MachineProfile.Role role) {
            return machine.machine().role() == role ? count : 0;
        }
    }

    /**
     * Loads a site's profile, and those of its machines.
     *
     * @param nameOrPath name of a built-in profile, or a file.
     * @throws ProfileException with file, line, key and what was expected.
     */
    public static SiteProfile load(String nameOrPath) {
        return SiteReader.read(ProfileLoader.source(nameOrPath, "", new ArrayList<>()));
    }

    /** Reads its text. @param source what messages call it; what it names is looked for beside it. */
    public static SiteProfile parse(String source, String yaml) {
        return SiteReader.read(ProfileLoader.parse(source, yaml, new ArrayList<>()));
    }

    /** All groups of all places. */
    public List<Group> groups() {
        return places.stream().flatMap(place -> place.groups().stream()).toList();
    }

    /** Machines with this role. */
    public int count(MachineProfile.Role role) {
        return groups().stream().mapToInt(group -> group.count(role)).sum();
    }
}

package org.apollofs.profile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the parts of a site's profile demand of each other: what contradicts itself is refused, what is short is not. */
final class SiteRules {
    private record Placed(SiteProfile.Place place, SiteProfile.Group group, String key) {}

    private final SiteProfile site;
    private final List<ProfileProblem> problems = new ArrayList<>();

    private SiteRules(SiteProfile site) {
        this.site = site;
    }

    /** @return problems, without lines; none if all fits. */
    static List<ProfileProblem> check(SiteProfile site) {
        SiteRules rules = new SiteRules(site);
        rules.checkPlaces();
        rules.checkMembers();
        rules.checkGpus();
        rules.checkDomains();
        return rules.problems;
    }

    private void checkPlaces() {
        Set<String> names = new HashSet<>();
        Map<String, Placed> addresses = new HashMap<>();
        for (int i = 0; i < site.places().size(); i++) {
            SiteProfile.Place place = site.places().get(i);
            String key = "sites[" + i + "]";
            if (!names.add(place.name())) {
                add(key + ".name", "expected a name of its own, found \"" + place.name() + "\" twice");
            }
            for (int j = 0; j < place.groups().size(); j++) {
                SiteProfile.Group group = place.groups().get(j);
                String groupKey = key + ".groups[" + j + "]";
                checkGroup(place, group, groupKey);
                Placed placed = new Placed(place, group, groupKey);
                Placed earlier = addresses.putIfAbsent(group.address(), placed);
                if (earlier != null && collide(earlier, placed)) {
                    add(groupKey + ".address", "expected addresses of its own, found those of " + earlier.key());
                }
            }
            checkPower(place, key);
        }
    }

    /** Whether two groups have machines of one address: with the rack in it, only in racks that both stand in. */
    private static boolean collide(Placed one, Placed other) {
        if (!one.group().address().contains("{rack}")
                || !one.place().name().equals(other.place().name())) {
            return true;
        }
        return one.group().firstRack()
                        < other.group().firstRack() + other.group().racks()
                && other.group().firstRack()
                        < one.group().firstRack() + one.group().racks();
    }

    private void checkGroup(SiteProfile.Place place, SiteProfile.Group group, String key) {
        int last = group.firstRack() + group.racks();
        if (last > place.racks()) {
            add(
                    key + ".count",
                    "expected at most " + Math.max(0, (place.racks() - group.firstRack()) * group.perRack())
                            + " machines in " + place.racks() + " racks from rack " + group.firstRack() + ", found "
                            + group.count());
        }
        String address = group.address();
        boolean own = address.contains("{index}") || (address.contains("{rack}") && address.contains("{slot}"));
        if (!own && group.count() > 1) {
            add(key + ".address", "expected {index}, or {rack} and {slot}, in it, found \"" + address + "\"");
        }
        LayoutProfile machine = group.machine().layout();
        LayoutProfile layout = site.layout();
        boolean same = machine.dataChunks() == layout.dataChunks()
                && machine.parityChunks() == layout.parityChunks()
                && machine.chunkLength() == layout.chunkLength();
        if (!same) {
            add(
                    key + ".profile",
                    "expected a machine with the site's layout (" + show(layout) + "), found " + show(machine) + " in "
                            + group.machine().source());
        }
        if (group.machine().machine().role() == MachineProfile.Role.EMBEDDED) {
            add(key + ".profile", "expected a machine whose role is host, server or member, found embedded");
        }
    }

    private void checkPower(SiteProfile.Place place, String key) {
        if (place.rackWatts() == 0) {
            return;
        }
        for (int rack = 0; rack < place.racks(); rack++) {
            int watts = 0;
            for (SiteProfile.Group group : place.groups()) {
                int before = (rack - group.firstRack()) * group.perRack();
                if (rack >= group.firstRack() && before < group.count()) {
                    watts += Math.min(group.perRack(), group.count() - before)
                            * group.machine().machine().watts();
                }
            }
            if (watts > place.rackWatts()) {
                add(
                        key + ".rackWatts",
                        "expected at least " + watts + " W for what stands in rack " + rack + ", found "
                                + place.rackWatts());
                return;
            }
        }
    }

    private void checkMembers() {
        int members = site.count(MachineProfile.Role.MEMBER);
        if (members % 2 == 0 || members > 7) {
            add("sites", "expected 1, 3, 5 or 7 namespace members, found " + members);
        }
    }

    private void checkGpus() {
        long gpus = site.groups().stream()
                .mapToLong(group ->
                        (long) group.count() * group.machine().machine().gpus())
                .sum();
        if (gpus < site.goals().gpus()) {
            add(
                    "goals.gpus",
                    "expected at most " + gpus + ", those of the groups, found "
                            + site.goals().gpus());
        }
        if (site.goals().jobs() > site.goals().gpus()) {
            add(
                    "goals.jobs",
                    "expected at most one a GPU, found " + site.goals().jobs());
        }
    }

    private void checkDomains() {
        int width = site.layout().chunks();
        for (int i = 0; i < site.places().size(); i++) {
            SiteProfile.Place place = site.places().get(i);
            long domains = domains(place);
            if (domains < width) {
                add(
                        "sites[" + i + "].groups",
                        "expected targets in at least " + width + " failure domains ("
                                + site.goals().domain().name().toLowerCase(Locale.ROOT) + ") for a layout of "
                                + site.layout().notation() + ", found " + domains);
            }
        }
    }

    private long domains(SiteProfile.Place place) {
        Set<Integer> domains = new HashSet<>();
        int index = 0;
        for (SiteProfile.Group group : place.groups()) {
            for (int i = 0; i < group.count(MachineProfile.Role.SERVER); i++) {
                int rack = group.firstRack() + i / group.perRack();
                domains.add(
                        switch (site.goals().domain()) {
                            case SERVER -> index++;
                            case RACK -> rack;
                            case POWER -> rack % place.powerFeeds();
                        });
            }
        }
        return domains.size();
    }

    private static String show(LayoutProfile layout) {
        return layout.notation() + " of " + ByteSize.format(layout.chunkLength());
    }

    private void add(String key, String text) {
        problems.add(new ProfileProblem(0, key, text));
    }
}

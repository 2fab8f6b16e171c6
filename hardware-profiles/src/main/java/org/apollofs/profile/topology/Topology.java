package org.apollofs.profile.topology;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apollofs.profile.GoalProfile;
import org.apollofs.profile.MachineProfile;
import org.apollofs.profile.SiteProfile;

/** All machines of a site, expanded from its profile's groups. Immutable. */
public final class Topology {
    private final List<Server> machines;

    private Topology(List<Server> machines) {
        this.machines = List.copyOf(machines);
    }

    /** Expands a profile. Targets are numbered through, place by place, group by group. */
    public static Topology of(SiteProfile site) {
        List<Server> machines = new ArrayList<>();
        int target = 0;
        for (SiteProfile.Place place : site.places()) {
            for (SiteProfile.Group group : place.groups()) {
                for (int i = 0; i < group.count(); i++) {
                    int rack = group.firstRack() + i / group.perRack();
                    int slot = i % group.perRack();
                    String address = group.address()
                            .replace("{index}", Integer.toString(i))
                            .replace("{rack}", Integer.toString(rack))
                            .replace("{slot}", Integer.toString(slot));
                    machines.add(new Server(
                            address, place.name(), rack, slot, rack % place.powerFeeds(), target, group.machine()));
                    target += group.machine().targets().size();
                }
            }
        }
        return new Topology(machines);
    }

    /** All machines. */
    public List<Server> machines() {
        return machines;
    }

    /** Machines with this role. */
    public List<Server> machines(MachineProfile.Role role) {
        return machines.stream()
                .filter(machine -> machine.machine().machine().role() == role)
                .toList();
    }

    /** Storage servers by failure domain, in the order of their places. */
    public Map<String, List<Server>> domains(GoalProfile.Domain kind) {
        Map<String, List<Server>> domains = new LinkedHashMap<>();
        for (Server server : machines(MachineProfile.Role.SERVER)) {
            domains.computeIfAbsent(server.domain(kind), name -> new ArrayList<>())
                    .add(server);
        }
        return domains;
    }
}

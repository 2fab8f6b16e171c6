package org.apollofs.profile.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apollofs.profile.GoalProfile;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.MachineProfile;
import org.apollofs.profile.MemoryNeed;
import org.apollofs.profile.SiteProfile;
import org.apollofs.profile.ThreadProfile;
import org.apollofs.profile.sizing.Bandwidth;
import org.apollofs.profile.sizing.Checkpoint;
import org.apollofs.profile.sizing.Failures;
import org.apollofs.profile.sizing.Interval;
import org.apollofs.profile.topology.Server;
import org.apollofs.profile.topology.Topology;

/** Holds a profile against the rules that a plan is made by. One thread. */
public final class Verification {
    private static final double PERCENT = 100;
    /** Hosts that a server sees at a time: they write through a window of few groups. */
    private static final int HOSTS_AT_A_TIME = 80;
    /** How full targets may become while a failure domain is away. */
    private static final double MOST_FILL = 0.95;

    private final List<Rule> rules = new ArrayList<>();
    private final Assumptions assumptions;

    private Verification(Assumptions assumptions) {
        this.assumptions = assumptions;
    }

    /** The rules of a site, each with whether it holds. */
    public static List<Rule> of(SiteProfile site, Assumptions assumptions) {
        Verification verification = new Verification(assumptions);
        Topology topology = Topology.of(site);
        verification.rates(site, topology);
        verification.capacity(site, topology);
        verification.domains(site, topology);
        verification.members(site, topology);
        site.groups().stream()
                .map(SiteProfile.Group::machine)
                .distinct()
                .forEach(machine -> verification.machine(machine, machine.profile() + ": "));
        return List.copyOf(verification.rules);
    }

    /** The rules of a machine, each with whether it holds. */
    public static List<Rule> of(HardwareProfile machine, Assumptions assumptions) {
        Verification verification = new Verification(assumptions);
        verification.machine(machine, "");
        return List.copyOf(verification.rules);
    }

    private void rates(SiteProfile site, Topology topology) {
        GoalProfile goals = site.goals();
        double overhead = site.layout().overhead();
        double checkpoint = Checkpoint.bytes(goals.parameters(), assumptions.value(Assumption.Key.BYTES_PER_PARAMETER));
        double mtbf = Failures.meanTimeSec(
                (double) goals.gpus() / goals.jobs(), assumptions.value(Assumption.Key.GPU_HOURS_PER_FAILURE));
        double write = topology.machines(MachineProfile.Role.SERVER).stream()
                .mapToDouble(server -> writeRate(server.machine().machine()))
                .sum();
        double rate = write / overhead;
        boolean blocking = goals.save() == GoalProfile.Save.BLOCKING;
        double needed = goals.jobs()
                * (blocking
                        ? Bandwidth.blockingBytesPerSec(checkpoint, goals.savePercent() / PERCENT, mtbf)
                        : Bandwidth.asyncBytesPerSec(checkpoint, Interval.youngSec(goals.stallSec(), mtbf)));
        add(
                "goals.writeBytesPerSec",
                "write rate that was promised",
                rate,
                (double) goals.writeBytesPerSec(),
                Unit.RATE,
                "servers' rates, parity taken off");
        add(
                "goals.savePercent",
                "write rate for " + (blocking ? "blocking" : "asynchronous") + " saves",
                rate,
                needed,
                Unit.RATE,
                "so that saves cost no more than that share of time");
        double stall = blocking ? Bandwidth.saveSec(checkpoint * goals.jobs(), rate) : goals.stallSec();
        rules.add(new Rule(
                "goals.savePercent",
                "time lost to saves and failed work",
                Interval.youngWaste(stall, mtbf) * PERCENT,
                goals.savePercent(),
                true,
                Unit.PERCENT,
                "at Young's interval"));
        double promised = Math.max((double) goals.writeBytesPerSec(), needed);
        double hostNetwork = topology.machines().stream()
                .filter(machine -> machine.machine().machine().gpus() > 0)
                .mapToDouble(machine -> machine.machine().machine().networkBytesPerSec())
                .sum();
        add(
                "sites",
                "network of all GPU hosts",
                hostNetwork,
                promised * overhead,
                Unit.RATE,
                "hosts send the parity too");
    }

    private static double writeRate(MachineProfile machine) {
        double network = machine.networkBytesPerSec();
        double drives = machine.writeBytesPerSec();
        return network > 0 ? Math.min(network, drives) : drives;
    }

    private void capacity(SiteProfile site, Topology topology) {
        GoalProfile goals = site.goals();
        double drives = topology.machines(MachineProfile.Role.SERVER).stream()
                .mapToDouble(server -> (double) server.machine().capacityBytes())
                .sum();
        double usable = drives / site.layout().overhead() * goals.fillPercent() / PERCENT;
        add(
                "goals.capacity",
                "capacity that users may fill",
                usable,
                (double) goals.capacityBytes(),
                Unit.BYTES,
                "drives, less parity and free space");
        double checkpoint = Checkpoint.bytes(goals.parameters(), assumptions.value(Assumption.Key.BYTES_PER_PARAMETER));
        add(
                "goals.parameters",
                "checkpoints that fit",
                usable / (checkpoint * goals.jobs()),
                2,
                Unit.PLAIN,
                "the last one and the next");
    }

    private void domains(SiteProfile site, Topology topology) {
        GoalProfile goals = site.goals();
        int width = site.layout().chunks();
        Map<String, List<Server>> domains = topology.domains(goals.domain());
        Map<String, Integer> domainsOfPlace = new TreeMap<>();
        domains.values()
                .forEach(servers -> domainsOfPlace.merge(servers.getFirst().place(), 1, Integer::sum));
        domainsOfPlace.forEach((place, count) -> add(
                "sites",
                "failure domains of " + place + " with one away",
                count - 1,
                width,
                Unit.PLAIN,
                "stripes are still written whole"));
        double all = 0;
        double largest = 0;
        for (List<Server> servers : domains.values()) {
            double bytes = servers.stream()
                    .mapToDouble(server -> (double) server.machine().capacityBytes())
                    .sum();
            all += bytes;
            largest = Math.max(largest, bytes);
        }
        rules.add(new Rule(
                "goals.fillPercent",
                "fill when a failure domain is lost and rebuilt",
                goals.fillPercent() * all / (all - largest),
                MOST_FILL * PERCENT,
                true,
                Unit.PERCENT,
                "its chunks must fit elsewhere"));
        for (SiteProfile.Place place : site.places()) {
            if (place.powerFeeds() > 1) {
                double chunks = Math.ceil((double) width / place.powerFeeds());
                rules.add(new Rule(
                        "sites.powerFeeds",
                        "chunks of a stripe on one power feed of " + place.name(),
                        chunks,
                        site.layout().parityChunks(),
                        true,
                        Unit.PLAIN,
                        "a feed down loses no data's access"));
            }
        }
    }

    private void members(SiteProfile site, Topology topology) {
        List<Server> members = topology.machines(MachineProfile.Role.MEMBER);
        Set<String> racks = new HashSet<>();
        Map<String, Integer> places = new TreeMap<>();
        for (Server member : members) {
            racks.add(member.domain(GoalProfile.Domain.RACK));
            places.merge(member.place(), 1, Integer::sum);
        }
        add(
                "sites",
                "racks that namespace members stand in",
                racks.size(),
                members.size(),
                Unit.PLAIN,
                "one rack takes one member");
        if (site.places().size() > 2) {
            int minority = (members.size() - 1) / 2;
            int most =
                    places.values().stream().mapToInt(Integer::intValue).max().orElse(0);
            rules.add(new Rule(
                    "sites",
                    "namespace members in one place",
                    most,
                    minority,
                    true,
                    Unit.PLAIN,
                    "a majority is left when it is cut off"));
        }
    }

    private void machine(HardwareProfile profile, String prefix) {
        MachineProfile machine = profile.machine();
        if (machine.memoryBytes() > 0) {
            boolean server = machine.role() == MachineProfile.Role.SERVER;
            double need = (double) MemoryNeed.of(profile).totalBytes()
                    + (server ? MemoryNeed.lanes(profile.lanes(), HOSTS_AT_A_TIME) : 0);
            rules.add(new Rule(
                    "machine.memory",
                    prefix + "slabs and term buffers",
                    need,
                    machine.memoryBytes() * 0.9,
                    true,
                    Unit.BYTES,
                    server ? "with lanes of " + HOSTS_AT_A_TIME + " hosts" : "all of it is touched from the start"));
        }
        if (machine.cores() > 0) {
            rules.add(new Rule(
                    "machine.cores",
                    prefix + "threads that spin",
                    spinning(profile),
                    machine.cores(),
                    true,
                    Unit.PLAIN,
                    "each takes a core"));
        }
        if (machine.nics() > 0 && machine.role() == MachineProfile.Role.SERVER) {
            add(
                    "machine.nicGbitPerSec",
                    prefix + "network",
                    machine.networkBytesPerSec(),
                    (double) machine.writeBytesPerSec(),
                    Unit.RATE,
                    "it receives what its drives take");
        }
        add(
                "engine.targetSlabs",
                prefix + "slabs of a target",
                profile.engine().targetSlabs(),
                profile.lanes().creditChunks(),
                Unit.PLAIN,
                "each write under way needs one");
        if (machine.role() == MachineProfile.Role.EMBEDDED) {
            add(
                    "targets",
                    prefix + "failure domains",
                    (double) profile.targets().stream()
                            .map(target -> target.failureDomain())
                            .distinct()
                            .count(),
                    profile.layout().chunks(),
                    Unit.PLAIN,
                    "chunks of a stripe lie in different ones");
        }
        add(
                "namespace.leaderTimeoutMs",
                prefix + "session time-out",
                profile.namespace().sessionTimeoutMs(),
                2.0 * profile.namespace().leaderTimeoutMs(),
                Unit.PLAIN,
                "ms: an election must not fence hosts");
    }

    private static int spinning(HardwareProfile profile) {
        ThreadProfile threads = profile.threads();
        MachineProfile.Role role = profile.machine().role();
        boolean targets = !profile.targets().isEmpty();
        int count = 0;
        count += targets && threads.targetIdle() == ThreadProfile.Idle.SPIN ? threads.targetThreads() : 0;
        count += role != MachineProfile.Role.MEMBER && threads.driverIdle() == ThreadProfile.Idle.SPIN ? 1 : 0;
        count += threads.hostIdle() == ThreadProfile.Idle.SPIN ? 1 : 0;
        count += threads.namespaceIdle() == ThreadProfile.Idle.SPIN ? 5 : 0;
        return count;
    }

    private void add(String key, String name, double present, double needed, Unit unit, String why) {
        rules.add(new Rule(key, name, present, needed, false, unit, why));
    }
}

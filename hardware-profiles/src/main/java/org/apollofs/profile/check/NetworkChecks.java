package org.apollofs.profile.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apollofs.profile.probe.MachineReader;
import org.apollofs.profile.probe.Measurements;
import org.apollofs.profile.probe.Nic;

/** Sockets, ports, links and ways between machines. */
final class NetworkChecks {
    private static final long LEAST_BUFFER = 2 << 20;
    /** IP and UDP. */
    private static final int HEADERS = 28;

    private static final int ICMP = 28;
    private static final Finding NONE = Finding.cannot("no network port of hardware");

    private NetworkChecks() {}

    static Finding buffers(Subject subject) {
        if (!subject.usesNetwork() && subject.profile().namespace().members().size() == 1) {
            return Finding.cannot("lanes and namespace stay in this machine");
        }
        OptionalLong receive = subject.sysctl("net.core.rmem_max");
        OptionalLong send = subject.sysctl("net.core.wmem_max");
        if (receive.isEmpty() || send.isEmpty()) {
            return Finding.cannot("net.core is not shown here (a network namespace?)");
        }
        long wanted = subject.usesNetwork()
                ? Math.max(LEAST_BUFFER, subject.profile().lanes().socketBuffers())
                : LEAST_BUFFER;
        return Finding.of(
                receive.getAsLong() >= wanted && send.getAsLong() >= wanted,
                "rmem_max " + receive.getAsLong() + ", wmem_max " + send.getAsLong(),
                wanted + " or more");
    }

    static Finding backlog(Subject subject) {
        OptionalLong backlog = subject.sysctl("net.core.netdev_max_backlog");
        OptionalLong budget = subject.sysctl("net.core.netdev_budget");
        if (backlog.isEmpty() || budget.isEmpty()) {
            return Finding.cannot("net.core is not shown here (a network namespace?)");
        }
        return Finding.of(
                backlog.getAsLong() >= 30_000 && budget.getAsLong() >= 600,
                "netdev_max_backlog " + backlog.getAsLong() + ", netdev_budget " + budget.getAsLong(),
                "30000 and 600 or more");
    }

    static Finding rings(Subject subject) {
        List<String> wrong = new ArrayList<>();
        int known = 0;
        for (Nic nic : subject.upNics()) {
            Optional<String> rings = subject.source().run("ethtool", "-g", nic.name());
            if (rings.isEmpty()) {
                continue;
            }
            Matcher matcher = Pattern.compile("(?m)^RX:\\s+([0-9]+)").matcher(rings.get());
            if (!matcher.find()) {
                continue;
            }
            known++;
            int most = Integer.parseInt(matcher.group(1));
            if (matcher.find() && Integer.parseInt(matcher.group(1)) < most) {
                wrong.add(nic.name() + " has a ring of " + matcher.group(1) + " of " + most);
            }
        }
        return known == 0
                ? Finding.cannot("ethtool -g does not answer (not installed, or no port of hardware)")
                : DriveChecks.some(wrong, "rings at their most", "rings at their most");
    }

    static Finding drops(Subject subject) {
        OptionalDouble drops = subject.measure(Measurements.Quantity.UDP_DROPS, "");
        return drops.isEmpty()
                ? Finding.cannot("no burst was sent")
                : Finding.of(drops.getAsDouble() == 0, (long) drops.getAsDouble() + " packets dropped", "0");
    }

    static Finding mtu(Subject subject) {
        if (subject.upNics().isEmpty()) {
            return NONE;
        }
        TreeSet<Integer> mtus = new TreeSet<>();
        subject.upNics().forEach(nic -> mtus.add(nic.mtu()));
        int wanted = subject.usesNetwork() ? subject.profile().lanes().mtu() + HEADERS : 0;
        if (mtus.size() > 1 || mtus.first() < wanted) {
            return Finding.off("MTU " + mtus, "one MTU everywhere, " + Math.max(wanted, 1500) + " or more");
        }
        List<String> deaf = new ArrayList<>();
        for (String peer : subject.peers()) {
            String size = Integer.toString(mtus.first() - ICMP);
            if (subject.source()
                    .run("ping", "-M", "do", "-c", "1", "-W", "1", "-s", size, peer)
                    .isEmpty()) {
                deaf.add(peer);
            }
        }
        return DriveChecks.some(
                deaf,
                "MTU " + mtus.first() + (subject.peers().isEmpty() ? ", no peer to try it with" : ", to all peers"),
                "packets of the MTU reach each peer whole");
    }

    static Finding queues(Subject subject) {
        List<String> wrong = new ArrayList<>();
        int known = 0;
        int cores = subject.reader().cores();
        for (Nic nic : subject.upNics()) {
            String channels = subject.source().run("ethtool", "-l", nic.name()).orElse("");
            Matcher matcher = Pattern.compile("(?m)^Combined:\\s+([0-9]+)").matcher(channels);
            if (!matcher.find()) {
                continue;
            }
            known++;
            int nodes = Math.max(1, subject.reader().nodes().size());
            int wanted = Math.min(Integer.parseInt(matcher.group(1)), Math.max(1, cores / nodes));
            if (matcher.find() && Integer.parseInt(matcher.group(1)) < wanted) {
                wrong.add(nic.name() + " has " + matcher.group(1) + " queues of " + wanted);
            }
        }
        if (subject.source()
                .run("systemctl", "is-active", "irqbalance")
                .orElse("")
                .equals("active")) {
            wrong.add("irqbalance moves interrupts");
        }
        return known == 0
                ? Finding.cannot("ethtool -l does not answer (not installed, or no port of hardware)")
                : DriveChecks.some(wrong, "a queue a core of the node", "a queue a core of the node, no irqbalance");
    }

    static Finding links(Subject subject) {
        if (subject.nics().isEmpty()) {
            return NONE;
        }
        var machine = subject.profile().machine();
        Set<Integer> speeds = new HashSet<>();
        subject.upNics().forEach(nic -> speeds.add(nic.mbitPerSec()));
        speeds.remove(0);
        if (speeds.isEmpty()) {
            return Finding.cannot("no port says its speed (a guest?)");
        }
        long fast = subject.upNics().stream()
                .filter(nic -> nic.mbitPerSec() >= machine.nicGbitPerSec() * 1000)
                .count();
        List<String> wrong = new ArrayList<>();
        if (fast < machine.nics()) {
            wrong.add(fast + " ports of " + machine.nicGbitPerSec() + " Gbit/s carry");
        }
        if (speeds.size() > 1) {
            wrong.add("speeds differ: " + new TreeSet<>(speeds) + " Mbit/s");
        }
        for (String bond : subject.source().list("/proc/net/bonding")) {
            String policy = MachineReader.field(subject.text("/proc/net/bonding/" + bond), "Transmit Hash Policy")
                    .orElse("layer3+4");
            if (!policy.startsWith("layer3+4")) {
                wrong.add(bond + " hashes by " + policy);
            }
        }
        return DriveChecks.some(
                wrong, fast + " ports of " + speeds + " Mbit/s", machine.nics() + " ports of one speed, layer3+4");
    }

    static Finding rails(Subject subject) {
        if (subject.upNics().isEmpty()) {
            return NONE;
        }
        if (subject.upNics().size() == 1) {
            return Finding.ok("one port");
        }
        Set<String> subnets = new HashSet<>();
        List<String> wrong = new ArrayList<>();
        for (Address address : addresses(subject)) {
            if (!subnets.add(address.network())) {
                wrong.add(address.nic() + " shares its subnet with another port");
            }
        }
        long filter = subject.sysctl("net.ipv4.conf.all.rp_filter").orElse(-1);
        long ignore = subject.sysctl("net.ipv4.conf.all.arp_ignore").orElse(-1);
        long announce = subject.sysctl("net.ipv4.conf.all.arp_announce").orElse(-1);
        if (filter == 1 || ignore < 1 || announce != 2) {
            wrong.add("rp_filter " + filter + ", arp_ignore " + ignore + ", arp_announce " + announce);
        }
        return DriveChecks.some(
                wrong,
                subject.upNics().size() + " ports that answer for themselves",
                "rp_filter 2 or 0, arp_ignore 1 or 2, arp_announce 2, a subnet each");
    }

    /** An IPv4 address of a port. */
    private record Address(String nic, String address, String prefix) {
        String network() {
            String[] parts = address.split("\\.");
            long bits = 0;
            for (String part : parts) {
                bits = bits << 8 | Integer.parseInt(part);
            }
            int length = Integer.parseInt(prefix);
            return (length == 0 ? 0 : bits >> (32 - length)) + "/" + prefix;
        }
    }

    private static List<Address> addresses(Subject subject) {
        List<Address> addresses = new ArrayList<>();
        String output = subject.source().run("ip", "-o", "-4", "addr", "show").orElse("");
        Pattern line = Pattern.compile("^[0-9]+: (\\S+)\\s+inet ([0-9.]+)/([0-9]+)");
        for (String text : output.lines().toList()) {
            Matcher matcher = line.matcher(text);
            if (matcher.find()
                    && subject.upNics().stream().anyMatch(nic -> nic.name().equals(matcher.group(1)))) {
                addresses.add(new Address(matcher.group(1), matcher.group(2), matcher.group(3)));
            }
        }
        return addresses;
    }

    static Finding duplicates(Subject subject) {
        List<Address> addresses = addresses(subject);
        Optional<String> neighbours = subject.source().read("/proc/net/arp");
        if (addresses.isEmpty() || neighbours.isEmpty()) {
            return Finding.cannot("no address of a port of hardware, or /proc/net/arp cannot be read");
        }
        List<String> wrong = new ArrayList<>();
        Set<String> prefixes = new HashSet<>();
        Map<String, String> owners = new HashMap<>();
        for (Address address : addresses) {
            prefixes.add(address.prefix());
            String other = owners.putIfAbsent(address.address(), address.nic());
            if (other != null) {
                wrong.add(address.address() + " is on " + other + " and " + address.nic());
            }
        }
        for (String line : neighbours.get().lines().skip(1).toList()) {
            String[] fields = line.split("\\s+");
            if (fields.length > 3 && owners.containsKey(fields[0])) {
                wrong.add(fields[0] + " is " + fields[3] + "'s too");
            }
        }
        if (prefixes.size() > 1) {
            wrong.add("netmasks differ: " + new TreeSet<>(prefixes));
        }
        return DriveChecks.some(wrong, addresses.size() + " addresses, each once", "each address once, one netmask");
    }

    static Finding firewall(Subject subject) {
        OptionalLong used = subject.sysctl("net.netfilter.nf_conntrack_count");
        OptionalLong most = subject.sysctl("net.netfilter.nf_conntrack_max");
        if (used.isPresent() && most.isPresent() && used.getAsLong() > most.getAsLong() / 5 * 4) {
            return Finding.bad("conntrack: " + used.getAsLong() + " of " + most.getAsLong(), "less than four fifths");
        }
        Optional<String> rules = subject.source().run("nft", "list", "ruleset");
        if (rules.isEmpty()) {
            return Finding.cannot("nft does not answer (not installed, or no right)");
        }
        List<String> wrong = new ArrayList<>();
        Matcher chains =
                Pattern.compile("(?s)hook input[^}]*?policy drop;([^}]*)}").matcher(rules.get());
        while (chains.find()) {
            boolean open = Pattern.compile("udp dport [^\\n]*accept")
                    .matcher(chains.group(1))
                    .find();
            if (!open) {
                wrong.add("input is dropped, and no rule accepts UDP ports");
            }
        }
        if (used.isPresent() && !rules.get().contains("notrack") && subject.usesNetwork()) {
            return wrong.isEmpty()
                    ? Finding.warn("connections of the data ports are tracked", "notrack for the data ports")
                    : DriveChecks.some(wrong, "", "the profile's ports accepted");
        }
        return DriveChecks.some(wrong, "ports are open", "the profile's ports accepted");
    }

    static Finding multicast(Subject subject) {
        Optional<String> groups = subject.source().read("/proc/net/igmp");
        // 224.0.0.1 (all hosts) and 224.0.0.251 (names) are always there; addresses stand the other way round.
        boolean used = groups.isPresent()
                && Pattern.compile("(?m)^\\s+([0-9A-F]{8})\\s")
                        .matcher(groups.get())
                        .results()
                        .anyMatch(group -> !group.group(1).matches("010000E0|FB0000E0|FC0000E0"));
        if (!used) {
            return Finding.cannot("no multicast group is joined: nothing uses it");
        }
        List<String> wrong = new ArrayList<>();
        int bridges = 0;
        for (String name : subject.source().list("/sys/class/net")) {
            String folder = "/sys/class/net/" + name + "/bridge/";
            String snooping = subject.text(folder + "multicast_snooping");
            if (!snooping.isEmpty()) {
                bridges++;
                if (snooping.equals("1")
                        && !subject.text(folder + "multicast_querier").equals("1")) {
                    wrong.add(name + " snoops without a querier");
                }
            }
        }
        return bridges == 0
                ? Finding.cannot("the switch is not seen from here: ask for its IGMP querier")
                : DriveChecks.some(wrong, "a querier where there is snooping", "multicast_querier 1");
    }

    static Finding logDevice(Subject subject) {
        OptionalDouble p99 = subject.measure(Measurements.Quantity.SYNC_P99, "");
        return p99.isEmpty()
                ? Finding.cannot("the log's disk was not measured: that would write to it")
                : Finding.of(
                        p99.getAsDouble() < 0.002,
                        String.format(
                                java.util.Locale.ROOT, "p99 of a write and sync %.2f ms", p99.getAsDouble() * 1e3),
                        "below 2 ms");
    }

    static Finding roundTrips(Subject subject) {
        if (subject.peers().isEmpty()) {
            return Finding.cannot("the profile names no other member");
        }
        List<String> wrong = new ArrayList<>();
        double slowest = 0;
        for (String peer : subject.peers()) {
            Optional<String> ping = subject.source().run("ping", "-q", "-c", "5", "-i", "0.2", "-W", "1", peer);
            Matcher times = Pattern.compile("= [0-9.]+/([0-9.]+)/([0-9.]+)/").matcher(ping.orElse(""));
            if (ping.isEmpty() || !times.find()) {
                wrong.add(peer + " does not answer");
                continue;
            }
            double most = Double.parseDouble(times.group(2));
            slowest = Math.max(slowest, most);
            if (!ping.get().contains(" 0% packet loss")) {
                wrong.add(peer + " loses packets");
            }
            int timeout = subject.profile().namespace().leaderTimeoutMs();
            if (timeout < 10 * most) {
                wrong.add(peer + " takes " + most + " ms, leaderTimeoutMs is " + timeout);
            }
        }
        return DriveChecks.some(
                wrong, "at most " + slowest + " ms", "answers, no loss, leaderTimeoutMs of 10 round trips");
    }
}

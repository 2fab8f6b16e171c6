package org.apollofs.profile.check;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.apollofs.profile.MachineProfile;
import org.apollofs.profile.MachineProfile.Role;

/** All checks, by number. Thresholds are proposals: from vendors' guides, other storage systems' checks, and what was measured. */
public final class Checks {
    private static final Set<Role> S = Set.of(Role.SERVER);
    private static final Set<Role> G = Set.of(Role.HOST);
    private static final Set<Role> N = Set.of(Role.MEMBER);
    private static final Set<Role> SG = Set.of(Role.SERVER, Role.HOST);
    private static final Set<Role> SN = Set.of(Role.SERVER, Role.MEMBER);
    private static final Set<Role> SGN = Set.of(Role.SERVER, Role.HOST, Role.MEMBER);

    private static final List<Check> HOST = List.of(
            error(
                    1,
                    SGN,
                    "JDK",
                    HostChecks::java,
                    "FFM and the vector API need JDK 25; mixed builds misread each other",
                    "install JDK 25 everywhere from one package"),
            warning(
                    2,
                    G,
                    "kernel and fuse",
                    HostChecks::kernel,
                    "large writes need 1 MiB requests",
                    "upgrade the kernel; sysctl -w fs.fuse.max_pages_limit=256"),
            error(
                    3,
                    G,
                    "mounting",
                    HostChecks::mounting,
                    "without it a mount fails, late",
                    "apt-get install fuse3; in a container --device /dev/fuse --cap-add SYS_ADMIN"),
            warning(
                    4,
                    G,
                    "FUSE over io_uring",
                    HostChecks::fuseOverUring,
                    "sequential rates fall with it",
                    "echo N > /sys/module/fuse/parameters/enable_uring"),
            error(
                    5,
                    S,
                    "io_uring",
                    HostChecks::ioUring,
                    "without it a server writes at half the rate",
                    "sysctl -w kernel.io_uring_disabled=0; a seccomp profile that allows it"),
            warning(
                    41,
                    SGN,
                    "clock",
                    HostChecks::clock,
                    "logs and times to live; nothing is decided by it",
                    "install chrony"),
            warning(
                    42,
                    SGN,
                    "host name",
                    HostChecks::name,
                    "Aeron resolves what the profile says",
                    "/etc/hosts: the own address, not 127.0.1.1"),
            warning(
                    43,
                    SGN,
                    "agents",
                    HostChecks::agents,
                    "each read and write is looked at by someone",
                    "an exception for the targets and the mount"));

    private static final List<Check> DRIVES = List.of(
            error(
                    6,
                    S,
                    "target devices",
                    DriveChecks::owned,
                    "names by order change at a start; a mounted drive is overwritten",
                    "use /dev/disk/by-id in the profile"),
            error(
                    7,
                    S,
                    "block length",
                    DriveChecks::block,
                    "a drive with smaller blocks reads before it writes",
                    "nvme format --lbaf (all data is lost)"),
            warning(
                    8,
                    S,
                    "LBA format",
                    DriveChecks::format,
                    "metadata and slower formats cost rate",
                    "nvme format --lbaf (all data is lost)"),
            warning(
                    9,
                    S,
                    "PCIe links",
                    DriveChecks::pcieLink,
                    "half the lanes are half the rate, unseen",
                    "reseat the card, check bifurcation"),
            warning(
                    10,
                    S,
                    "PCIe requests",
                    DriveChecks::pcieRequests,
                    "small reads and strict order limit a 400G port",
                    "setpci / mlxconfig PCI_WR_ORDERING=1"),
            warning(
                    11,
                    S,
                    "queue of drives",
                    DriveChecks::queue,
                    "a scheduler only adds latency to NVMe",
                    "apollo tune --apply"),
            error(
                    12,
                    S,
                    "volatile write cache",
                    DriveChecks::volatileCache,
                    "fsync is slow, or lies",
                    "drives with power-loss protection"),
            warning(
                    13,
                    S,
                    "SMART",
                    DriveChecks::smart,
                    "a dying drive slows all stripes before it is lost",
                    "replace the drive"),
            warning(
                    14,
                    S,
                    "drives of one class",
                    DriveChecks::alike,
                    "the slowest sets the rate of stripes",
                    "equal firmware; other models into a group of their own"),
            warning(
                    15,
                    S,
                    "write latency of drives",
                    DriveChecks::latency,
                    "one slow drive slows a site",
                    "replace the drive"),
            warning(
                    16,
                    S,
                    "NVMe queues",
                    DriveChecks::interrupts,
                    "one queue is one core",
                    "boot without nvme poll limits, check APIC"),
            warning(
                    17,
                    S,
                    "drives attached directly",
                    DriveChecks::direct,
                    "RAID controllers and VMD hide what a drive is",
                    "BIOS: VMD off, pass-through"),
            warning(
                    47,
                    SGN,
                    "failure domains",
                    DriveChecks::domains,
                    "two chunks of a stripe on what fails as one",
                    "targets[].failureDomain in the profile"));

    private static final List<Check> MEMORY = List.of(
            warning(
                    18,
                    S,
                    "drives near ports",
                    MemoryChecks::near,
                    "each byte else crosses between sockets",
                    "move cards; pin threads in the profile"),
            warning(
                    19,
                    SG,
                    "NUMA memory",
                    MemoryChecks::balanced,
                    "the smaller node runs out first",
                    "move memory modules"),
            warning(
                    20,
                    SG,
                    "page moves",
                    MemoryChecks::pageMoves,
                    "slabs are huge, and are moved under their users",
                    "apollo tune --apply"),
            warning(
                    21,
                    SGN,
                    "power saving",
                    MemoryChecks::power,
                    "wake-ups dominate short waits",
                    "apollo tune --apply; BIOS: performance"),
            warning(
                    22,
                    S,
                    "firmware settings",
                    MemoryChecks::firmware,
                    "10 to 20% of the memory rate",
                    "BIOS: NPS1; kernel argument iommu=pt"),
            warning(
                    23,
                    SG,
                    "huge pages",
                    MemoryChecks::hugePages,
                    "slabs are huge: without large pages the TLB misses; defragmenting at once stalls",
                    "apollo tune --apply"),
            warning(
                    24,
                    SGN,
                    "swap",
                    MemoryChecks::swap,
                    "a member that is swapped out is taken for gone",
                    "swapoff -a; sysctl -w vm.swappiness=1"),
            error(
                    25,
                    SGN,
                    "memory for buffers",
                    MemoryChecks::fits,
                    "more than the limit ends the process",
                    "fewer slabs or shorter terms in the profile, or a higher limit"),
            warning(
                    26,
                    SGN,
                    "/dev/shm",
                    MemoryChecks::sharedMemory,
                    "the media driver keeps its buffers there",
                    "mount -o remount,size=50% /dev/shm; docker --shm-size"),
            warning(
                    27,
                    SGN,
                    "limits",
                    MemoryChecks::limits,
                    "limits.conf does not reach services",
                    "LimitNOFILE=1048576 and LimitMEMLOCK=infinity in the unit"),
            warning(
                    44,
                    SGN,
                    "CPU quota",
                    MemoryChecks::quota,
                    "threads that spin are throttled for tens of ms",
                    "CPUQuota= of the unit, cpu.max"),
            warning(
                    45,
                    SGN,
                    "container",
                    MemoryChecks::container,
                    "its defaults forbid io_uring and are small in shared memory",
                    "seccomp profile, --shm-size, --device /dev/fuse"),
            warning(
                    46,
                    SGN,
                    "codec",
                    MemoryChecks::codec,
                    "three times slower without a word",
                    "apt-get install libisal2"),
            warning(
                    48,
                    SN,
                    "identity",
                    MemoryChecks::unique,
                    "cloned machines have one identity",
                    "systemd-machine-id-setup; chmod 600 of the secret"));

    private static final List<Check> NETWORK = List.of(
            error(
                    28,
                    SGN,
                    "socket buffers",
                    NetworkChecks::buffers,
                    "the kernel gives less without a word",
                    "apollo tune --apply"),
            warning(
                    29,
                    SG,
                    "network backlog",
                    NetworkChecks::backlog,
                    "drops from 100 Gbit/s on",
                    "apollo tune --apply"),
            warning(30, SG, "NIC rings", NetworkChecks::rings, "a burst is dropped", "apollo tune --apply"),
            warning(31, SG, "drops", NetworkChecks::drops, "the only honest test of 28 to 30", "see 28 to 30"),
            error(
                    32,
                    SG,
                    "MTU",
                    NetworkChecks::mtu,
                    "packets larger than the way are lost",
                    "set the MTU on all ports and switches"),
            warning(
                    33,
                    SG,
                    "NIC queues",
                    NetworkChecks::queues,
                    "one queue is one core",
                    "ethtool -L; systemctl disable --now irqbalance"),
            warning(
                    34,
                    SG,
                    "links",
                    NetworkChecks::links,
                    "one rail idle is half the rate",
                    "check cables and switch; xmit_hash_policy layer3+4"),
            warning(
                    35,
                    SG,
                    "several ports",
                    NetworkChecks::rails,
                    "answers leave by the wrong rail",
                    "apollo tune --apply"),
            warning(
                    36,
                    SG,
                    "addresses",
                    NetworkChecks::duplicates,
                    "two machines with one address take turns",
                    "mend the addresses"),
            error(
                    37,
                    SGN,
                    "firewall",
                    NetworkChecks::firewall,
                    "a full connection table drops UDP",
                    "nft: accept the ports, notrack for them"),
            warning(
                    38,
                    SG,
                    "multicast",
                    NetworkChecks::multicast,
                    "fan-out dies after five minutes without a querier",
                    "an IGMP querier on the switch"),
            error(
                    39,
                    N,
                    "the log's disk",
                    NetworkChecks::logDevice,
                    "each commit waits for it",
                    "a drive with power-loss protection of its own"),
            error(
                    40,
                    N,
                    "ways to members",
                    NetworkChecks::roundTrips,
                    "a slow way looks like a lost leader",
                    "namespace.leaderTimeoutMs in the profile"));

    /** In the order of their numbers. */
    public static final List<Check> ALL = List.of(HOST, DRIVES, MEMORY, NETWORK).stream()
            .flatMap(List::stream)
            .sorted((left, right) -> Integer.compare(left.id(), right.id()))
            .toList();

    private Checks() {}

    /** Looks at a machine: the checks of its role, in the order of their numbers. */
    public static List<CheckResult> examine(Subject subject, MachineProfile.Role role) {
        return ALL.stream()
                .filter(check -> check.isFor(role))
                .map(check -> check.examine(subject))
                .toList();
    }

    private static Check error(
            int id,
            Set<Role> roles,
            String name,
            Function<Subject, Finding> examination,
            String reason,
            String advice) {
        return new Check(id, roles, true, name, reason, advice, examination);
    }

    private static Check warning(
            int id,
            Set<Role> roles,
            String name,
            Function<Subject, Finding> examination,
            String reason,
            String advice) {
        return new Check(id, roles, false, name, reason, advice, examination);
    }
}

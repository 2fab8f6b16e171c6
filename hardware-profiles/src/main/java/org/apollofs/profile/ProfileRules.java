package org.apollofs.profile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a schema cannot say: bounds of sizes, and what fields demand of each other. */
final class ProfileRules {
    private static final long MIN_ERROR_AFTER_MS = 1_000;
    private static final long MAX_ERROR_AFTER_MS = 24L * 3_600_000;
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;
    private static final long TIB = 1024 * GIB;
    private static final int PAGE = 4096;

    private static final long MIN_CHUNK = 64 * KIB;
    private static final long MAX_CHUNK = 16 * MIB;
    /** Least chunks that a target must hold to be worth the name. */
    private static final int MIN_TARGET_CHUNKS = 16;

    private final HardwareProfile profile;
    private final List<ProfileProblem> problems = new ArrayList<>();

    private ProfileRules(HardwareProfile profile) {
        this.profile = profile;
    }

    /** @return problems, without lines; none if all fits. */
    static List<ProfileProblem> check(HardwareProfile profile) {
        ProfileRules rules = new ProfileRules(profile);
        rules.checkLayout();
        rules.checkTargets();
        rules.checkNamespace();
        rules.checkLanes();
        rules.checkMountAndEngine();
        rules.checkMachine();
        return rules.problems;
    }

    /** Two open stripes with their parity, and a request in each worker's hand. */
    static int leastHostSlabs(LayoutProfile layout, MountProfile mount) {
        return 2 * layout.chunks() + mount.workers();
    }

    private void checkLayout() {
        LayoutProfile layout = profile.layout();
        powerOfTwo("layout.chunkLength", layout.chunkLength(), MIN_CHUNK, MAX_CHUNK);
        range("layout.inlineLimit", layout.inlineLimit(), 0, 64 * KIB);
        int targets = profile.targets().size();
        MachineProfile.Role role = profile.machine().role();
        if (role != MachineProfile.Role.EMBEDDED) {
            if (role == MachineProfile.Role.SERVER && targets == 0) {
                add("targets", "expected at least 1 target of a server, found 0");
            }
            return; // The others are on other machines: a site's profile is held against its layout.
        }
        if (targets < layout.chunks()) {
            add(
                    "targets",
                    "expected at least " + layout.chunks() + " targets for a layout of " + layout.notation()
                            + ", found " + targets);
            return;
        }
        Set<String> domains = new HashSet<>();
        profile.targets().forEach(target -> domains.add(target.failureDomain()));
        if (domains.size() < layout.chunks()) {
            add(
                    "targets",
                    "expected at least " + layout.chunks() + " failure domains for a layout of " + layout.notation()
                            + ", found " + domains.size());
        }
    }

    private void checkTargets() {
        Map<Integer, Integer> ids = new HashMap<>();
        Map<String, Integer> paths = new HashMap<>();
        long least = MIN_TARGET_CHUNKS * (long) profile.layout().chunkLength();
        for (int i = 0; i < profile.targets().size(); i++) {
            TargetProfile target = profile.targets().get(i);
            String key = "targets[" + i + "]";
            Integer sameId = ids.putIfAbsent(target.id(), i);
            if (sameId != null) {
                add(key + ".id", "expected an id of its own, found " + target.id() + " twice");
            }
            Integer samePath = paths.putIfAbsent(target.path(), i);
            if (samePath != null) {
                add(key + ".path", "expected a path of its own, found \"" + target.path() + "\" twice");
            }
            range(key + ".size", target.sizeBytes(), least, 1024 * TIB);
            if (target.sizeBytes() % PAGE != 0) {
                add(key + ".size", "expected a multiple of 4KiB, found " + target.sizeBytes());
            }
        }
    }

    private void checkNamespace() {
        NamespaceProfile namespace = profile.namespace();
        if (namespace.members().size() % 2 == 0) {
            add(
                    "namespace.members",
                    "expected 1, 3, 5 or 7 members (an even number survives no more failures than one less), found "
                            + namespace.members().size());
        }
        Set<Integer> ids = new HashSet<>();
        for (int i = 0; i < namespace.members().size(); i++) {
            NamespaceProfile.Member member = namespace.members().get(i);
            String key = "namespace.members[" + i + "]";
            if (!ids.add(member.id())) {
                add(key + ".id", "expected an id of its own, found " + member.id() + " twice");
            }
            if (member.port() == 0 && namespace.members().size() > 1) {
                add(key + ".port", "expected a port from 1 to 65500 where there are several members, found 0");
            }
        }
        checkPorts(namespace.members());
        range("namespace.snapshotLog", namespace.snapshotLogBytes(), MIB, TIB);
        range("namespace.mapSize", namespace.mapSizeBytes(), 16 * MIB, 16 * TIB);
        if (namespace.mapSizeBytes() % PAGE != 0) {
            add("namespace.mapSize", "expected a multiple of 4KiB, found " + namespace.mapSizeBytes());
        }
    }

    private void checkPorts(List<NamespaceProfile.Member> members) {
        int ports = NamespaceProfile.Member.PORTS;
        for (int i = 0; i < members.size(); i++) {
            for (int j = 0; j < i; j++) {
                NamespaceProfile.Member one = members.get(i);
                NamespaceProfile.Member other = members.get(j);
                if (one.host().equals(other.host()) && one.port() != 0 && Math.abs(one.port() - other.port()) < ports) {
                    add(
                            "namespace.members[" + i + "].port",
                            "expected at least " + ports + " ports between members of one host, found " + other.port()
                                    + " and " + one.port());
                }
            }
        }
    }

    private void checkLanes() {
        LaneProfile lanes = profile.lanes();
        // Aeron: MAX_UDP_PAYLOAD_LENGTH is 65504, frames are aligned to 32 bytes.
        range("lanes.mtu", lanes.mtu(), 1408, 65504);
        if (lanes.mtu() % 32 != 0) {
            add("lanes.mtu", "expected a multiple of 32, found " + lanes.mtu());
        }
        powerOfTwo("lanes.termLength", lanes.termLength(), MIB, GIB);
        range("lanes.window", lanes.window(), lanes.mtu(), lanes.termLength() / 2);
        range("lanes.socketBuffers", lanes.socketBuffers(), lanes.mtu(), GIB);
        int credit = lanes.creditChunks();
        if (credit > profile.engine().targetSlabs()) {
            add(
                    "lanes.creditChunks",
                    "expected at most engine.targetSlabs (" + profile.engine().targetSlabs()
                            + "): each write under way needs a slab, found " + credit);
        }
    }

    private void checkMountAndEngine() {
        MountProfile mount = profile.mount();
        if (mount.errorAfterMs() < MIN_ERROR_AFTER_MS || mount.errorAfterMs() > MAX_ERROR_AFTER_MS) {
            add(
                    "mount.errorAfter",
                    "expected a time from " + TimeSpan.format(MIN_ERROR_AFTER_MS) + " to "
                            + TimeSpan.format(MAX_ERROR_AFTER_MS) + ", found "
                            + TimeSpan.format(mount.errorAfterMs()));
        }
        long mostWrite = Math.min(MIB, profile.layout().chunkLength());
        range("mount.maxWrite", mount.maxWrite(), PAGE, mostWrite);
        if (mount.maxWrite() % PAGE != 0) {
            add("mount.maxWrite", "expected a multiple of 4KiB, found " + mount.maxWrite());
        }
        int least = leastHostSlabs(profile.layout(), mount);
        if (profile.engine().hostSlabs() < least) {
            add(
                    "engine.hostSlabs",
                    "expected at least " + least + " (two stripes of "
                            + profile.layout().notation() + " and "
                            + mount.workers() + " workers), found "
                            + profile.engine().hostSlabs());
        }
    }

    private void checkMachine() {
        MachineProfile machine = profile.machine();
        range("machine.memory", machine.memoryBytes(), 0, 1024 * TIB);
        range("machine.writeBytesPerSec", machine.writeBytesPerSec(), 0, TIB);
        range("machine.readBytesPerSec", machine.readBytesPerSec(), 0, TIB);
        long buffers = MemoryNeed.of(profile).totalBytes();
        if (machine.memoryBytes() > 0 && buffers > machine.memoryBytes() / 10 * 9) {
            add(
                    "machine.memory",
                    "expected more than " + ByteSize.format(buffers)
                            + " in nine tenths of it, for slabs and term buffers, found "
                            + ByteSize.format(machine.memoryBytes()));
        }
        if (machine.role() == MachineProfile.Role.SERVER && profile.lanes().media() == LaneProfile.Media.IPC) {
            add("lanes.media", "expected udp for a server, whose hosts are other machines, found ipc");
        }
        if (machine.nics() > 0
                && machine.role() == MachineProfile.Role.SERVER
                && machine.writeBytesPerSec() > machine.networkBytesPerSec()) {
            add(
                    "machine.writeBytesPerSec",
                    "expected at most what its network carries (" + (long) machine.networkBytesPerSec()
                            + " bytes/s), found " + machine.writeBytesPerSec());
        }
    }

    private void range(String key, long value, long least, long most) {
        if (value < least || value > most) {
            add(
                    key,
                    "expected a size from " + ByteSize.format(least) + " to " + ByteSize.format(most) + ", found "
                            + ByteSize.format(value));
        }
    }

    private void powerOfTwo(String key, long value, long least, long most) {
        if (value < least || value > most || Long.bitCount(value) != 1) {
            // 1MB, say: whoever writes it means the power of two beside it.
            long near = Long.highestOneBit(Math.max(1, value + value / 8));
            boolean decimal = value % 1000 == 0 && near >= least && near <= most;
            add(
                    key,
                    "expected a power of two from " + ByteSize.format(least) + " to " + ByteSize.format(most)
                            + ", found " + ByteSize.format(value)
                            + (decimal ? " (" + ByteSize.format(near) + " perhaps)" : ""));
        }
    }

    private void add(String key, String text) {
        problems.add(new ProfileProblem(0, key, text));
    }
}

package org.apollofs.profile.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads what a machine is. Reads only. One thread. */
public final class MachineReader {
    private static final long SECTOR = 512;
    private static final Set<String> REAL_FILE_SYSTEMS =
            Set.of("ext4", "xfs", "btrfs", "zfs", "f2fs", "ext3", "overlay");
    private static final List<String> ISA = List.of(
            "sse4_2",
            "pclmulqdq",
            "avx2",
            "avx512f",
            "avx512bw",
            "gfni",
            "vpclmulqdq",
            "asimd",
            "sve",
            "sve2",
            "crc32",
            "pmull");
    private static final List<String> LIBRARIES = List.of(
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/lib64",
            "/usr/local/lib",
            "/usr/lib");

    private final MachineSource source;

    /** @param source of the machine. */
    public MachineReader(MachineSource source) {
        this.source = source;
    }

    /** All of it. */
    public Machine read() {
        String cpuinfo = text("/proc/cpuinfo");
        long memory = memoryBytes();
        return new Machine(
                text("/proc/sys/kernel/hostname"),
                field(cpuinfo, "model name")
                        .or(() -> field(cpuinfo, "CPU part"))
                        .orElse(""),
                cores(),
                isa(),
                caches(),
                nodes(),
                memory,
                Math.min(memory, memoryLimitBytes().orElse(memory)),
                nics(),
                drives(),
                fileSystems(),
                text("/proc/sys/kernel/osrelease"),
                source.list("/dev").contains("fuse"),
                ioUring(),
                limit("Max open files"),
                limit("Max locked memory"),
                container(),
                flags().contains("hypervisor"),
                isal());
    }

    /** Processors. */
    public int cores() {
        return (int) source.list("/sys/devices/system/cpu").stream()
                .filter(name -> name.matches("cpu[0-9]+"))
                .count();
    }

    /** Flags of the processor. */
    public Set<String> flags() {
        String cpuinfo = text("/proc/cpuinfo");
        String flags =
                field(cpuinfo, "flags").or(() -> field(cpuinfo, "Features")).orElse("");
        return Set.of(Stream.of(flags.split("\\s+")).distinct().toArray(String[]::new));
    }

    private List<String> isa() {
        Set<String> flags = flags();
        return ISA.stream().filter(flags::contains).toList();
    }

    private List<String> caches() {
        List<String> caches = new ArrayList<>();
        String folder = "/sys/devices/system/cpu/cpu0/cache";
        for (String index : source.list(folder)) {
            String type = text(folder + "/" + index + "/type");
            if (index.startsWith("index") && !type.equals("Instruction")) {
                caches.add("L" + text(folder + "/" + index + "/level") + " " + text(folder + "/" + index + "/size"));
            }
        }
        return caches;
    }

    /** NUMA nodes; none where the kernel does not say. */
    public List<Machine.Node> nodes() {
        List<Machine.Node> nodes = new ArrayList<>();
        for (String name : source.list("/sys/devices/system/node")) {
            if (name.matches("node[0-9]+")) {
                String folder = "/sys/devices/system/node/" + name;
                long kib = number(text(folder + "/meminfo").replaceAll("(?s).*?MemTotal:\\s*([0-9]+).*", "$1"), 0);
                nodes.add(new Machine.Node((int) number(name.substring(4), 0), text(folder + "/cpulist"), kib * 1024));
            }
        }
        return nodes;
    }

    /** Memory in bytes; 0 where the kernel does not say. */
    public long memoryBytes() {
        return memory("MemTotal");
    }

    /** A line of /proc/meminfo, in bytes; 0 without it. */
    public long memory(String name) {
        return field(text("/proc/meminfo"), name)
                .map(value -> number(value.replace(" kB", ""), 0) * (value.endsWith("kB") ? 1024 : 1))
                .orElse(0L);
    }

    /** What the cgroup allows, in bytes; empty without a limit. */
    public Optional<Long> memoryLimitBytes() {
        Optional<Long> second = source.read("/sys/fs/cgroup/memory.max").map(text -> number(text, -1));
        Optional<Long> first =
                source.read("/sys/fs/cgroup/memory/memory.limit_in_bytes").map(text -> number(text, -1));
        // Version 1 says no limit with a number near 2^63.
        return second.or(() -> first).filter(bytes -> bytes > 0 && bytes < Long.MAX_VALUE / 2);
    }

    /** Ports of hardware, by name. Bridges, tunnels and the like have no device. */
    public List<Nic> nics() {
        List<Nic> nics = new ArrayList<>();
        for (String name : source.list("/sys/class/net")) {
            String folder = "/sys/class/net/" + name;
            if (source.list(folder + "/device").isEmpty()) {
                continue;
            }
            String driver = source.resolve(folder + "/device/driver").orElse("");
            nics.add(new Nic(
                    name,
                    driver.substring(driver.lastIndexOf('/') + 1),
                    (int) Math.max(0, number(text(folder + "/speed"), 0)),
                    (int) number(text(folder + "/mtu"), 0),
                    (int) number(text(folder + "/device/numa_node"), -1),
                    text(folder + "/operstate").equals("up"),
                    text(folder + "/address")));
        }
        return nics;
    }

    /** Block devices that are drives: no loops, memory, or layers over others. */
    public List<Drive> drives() {
        List<Drive> drives = new ArrayList<>();
        for (String name : source.list("/sys/block")) {
            if (name.matches("(nvme[0-9]+n[0-9]+|sd[a-z]+|vd[a-z]+|xvd[a-z]+|mmcblk[0-9]+)")) {
                drives.add(drive(name));
            }
        }
        return drives;
    }

    private Drive drive(String name) {
        String folder = "/sys/block/" + name;
        String queue = folder + "/queue/";
        String scheduler = text(queue + "scheduler").replaceAll(".*\\[(.*)].*", "$1");
        return new Drive(
                name,
                identity(name),
                text(folder + "/device/model").strip(),
                text(folder + "/device/serial").strip(),
                text(folder + "/device/firmware_rev").strip(),
                number(text(folder + "/size"), 0) * SECTOR,
                (int) number(text(queue + "logical_block_size"), 0),
                (int) number(text(queue + "physical_block_size"), 0),
                text(queue + "write_cache"),
                scheduler,
                source.list(folder + "/mq").size(),
                (int) number(text(folder + "/device/numa_node"), -1),
                text(queue + "rotational").equals("1"),
                user(name));
    }

    private String identity(String name) {
        String folder = "/dev/disk/by-id";
        String found = "";
        for (String id : source.list(folder)) {
            boolean leads = source.resolve(folder + "/" + id).orElse("").equals("/dev/" + name);
            // Model and serial say more to people than a number of the world.
            if (leads && (found.isEmpty() || found.contains("eui.") || found.contains("wwn-"))) {
                found = folder + "/" + id;
            }
        }
        return found;
    }

    /** What has a drive: a mount of it or of a partition, or a device that is made of it; empty if nothing. */
    public String user(String name) {
        for (String line : text("/proc/mounts").lines().toList()) {
            String[] fields = line.split(" ");
            if (fields.length > 2 && fields[0].matches("/dev/" + name + "(p?[0-9]+)?")) {
                return "mounted on " + fields[1];
            }
        }
        List<String> parts = new ArrayList<>(List.of(name));
        source.list("/sys/block/" + name).stream()
                .filter(part -> part.startsWith(name))
                .forEach(part -> parts.add(name + "/" + part));
        for (String part : parts) {
            List<String> holders = source.list("/sys/block/" + part + "/holders");
            if (!holders.isEmpty()) {
                return "held by " + holders.getFirst();
            }
        }
        return "";
    }

    private List<Machine.FileSystem> fileSystems() {
        List<Machine.FileSystem> systems = new ArrayList<>();
        String table = source.run("df", "-B1", "--output=target,fstype,source,size,avail")
                .orElse("");
        for (String line : table.lines().skip(1).toList()) {
            String[] fields = line.strip().split("\\s+");
            if (fields.length == 5 && REAL_FILE_SYSTEMS.contains(fields[1])) {
                systems.add(new Machine.FileSystem(
                        fields[0], fields[1], fields[2], number(fields[3], 0), number(fields[4], 0)));
            }
        }
        return systems;
    }

    private String ioUring() {
        Optional<String> disabled = source.read("/proc/sys/kernel/io_uring_disabled");
        if (disabled.isPresent() && !disabled.get().equals("0")) {
            return "forbidden";
        }
        boolean filtered =
                field(text("/proc/self/status"), "Seccomp").orElse("0").equals("2");
        return disabled.isPresent() && !filtered ? "allowed" : "not known";
    }

    private long limit(String name) {
        for (String line : text("/proc/self/limits").lines().toList()) {
            if (line.startsWith(name)) {
                String soft = line.substring(name.length()).strip().split("\\s+")[0];
                return soft.equals("unlimited") ? -1 : number(soft, 0);
            }
        }
        return 0;
    }

    /** Kind of container; "none" where it is none. */
    public String container() {
        if (!source.list("/").isEmpty() && source.list("/").contains(".dockerenv")) {
            return "docker";
        }
        if (source.read("/run/.containerenv").isPresent()) {
            return "podman";
        }
        String groups = text("/proc/1/cgroup") + text("/proc/self/mountinfo");
        if (groups.contains("kubepods")) {
            return "kubernetes";
        }
        return groups.contains("docker") || groups.contains("containerd") || groups.contains("/lxc")
                ? "container"
                : "none";
    }

    /** Where the library ISA-L is, or empty. */
    public String isal() {
        for (String folder : LIBRARIES) {
            if (source.list(folder).contains("libisal.so.2")) {
                return folder + "/libisal.so.2";
            }
        }
        return "";
    }

    private String text(String path) {
        return source.read(path).orElse("");
    }

    /** Value of a line {@code name : value}. */
    public static Optional<String> field(String text, String name) {
        for (String line : text.lines().toList()) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
                return Optional.of(line.substring(colon + 1).strip());
            }
        }
        return Optional.empty();
    }

    /** A whole number, or what stands for none. */
    public static long number(String text, long absent) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            return absent;
        }
    }
}

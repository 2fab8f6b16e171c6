package org.apollofs.profile.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apollofs.profile.MemoryNeed;
import org.apollofs.profile.ThreadProfile;
import org.apollofs.profile.probe.Drive;
import org.apollofs.profile.probe.Machine;
import org.apollofs.profile.probe.MachineReader;
import org.apollofs.profile.probe.Measurements;
import org.apollofs.profile.probe.Nic;

/** Processors, memory, power, limits, containers. */
final class MemoryChecks {
    private static final long WANTED_FILES = 1 << 20;
    private static final long SHARED_MEMORY_SLACK = 64L << 20;

    private MemoryChecks() {}

    static Finding near(Subject subject) {
        List<Drive> drives =
                subject.drives().stream().filter(drive -> drive.numaNode() >= 0).toList();
        List<Nic> nics =
                subject.nics().stream().filter(nic -> nic.numaNode() >= 0).toList();
        if (drives.isEmpty() || nics.isEmpty()) {
            return Finding.cannot("no drive and port whose NUMA node is known");
        }
        long far = drives.stream()
                .filter(drive -> nics.stream().noneMatch(nic -> nic.numaNode() == drive.numaNode()))
                .count();
        long percent = 100 * far / drives.size();
        return Finding.of(percent < 50, percent + "% of the drives are on a node without a port", "less than 50%");
    }

    static Finding balanced(Subject subject) {
        List<Machine.Node> nodes = subject.reader().nodes();
        if (nodes.isEmpty()) {
            return Finding.cannot("the kernel shows no NUMA nodes");
        }
        long least = nodes.stream().mapToLong(Machine.Node::memoryBytes).min().orElse(0);
        long most = nodes.stream().mapToLong(Machine.Node::memoryBytes).max().orElse(0);
        return Finding.of(
                least >= most * 0.92,
                nodes.size() == 1 ? "one node" : "from " + (least >> 30) + " to " + (most >> 30) + " GiB a node",
                "within 8%");
    }

    static Finding pageMoves(Subject subject) {
        OptionalLong balancing = subject.sysctl("kernel.numa_balancing");
        OptionalLong reclaim = subject.sysctl("vm.zone_reclaim_mode");
        if (balancing.isEmpty() && reclaim.isEmpty()) {
            return Finding.cannot("the kernel has neither setting");
        }
        return Finding.of(
                balancing.orElse(0) == 0 && reclaim.orElse(0) == 0,
                "numa_balancing " + balancing.orElse(0) + ", zone_reclaim_mode " + reclaim.orElse(0),
                "0 and 0");
    }

    static Finding power(Subject subject) {
        List<String> wrong = new ArrayList<>();
        int known = 0;
        String cpu = "/sys/devices/system/cpu/cpu0";
        Optional<String> governor = subject.source().read(cpu + "/cpufreq/scaling_governor");
        if (governor.isPresent()) {
            known++;
            if (!governor.get().equals("performance")) {
                wrong.add("governor " + governor.get());
            }
        }
        for (String state : subject.source().list(cpu + "/cpuidle")) {
            String folder = cpu + "/cpuidle/" + state;
            String name = subject.text(folder + "/name");
            known++;
            if (!name.matches("POLL|C1|C1E|WFI")
                    && !subject.text(folder + "/disable").equals("1")) {
                wrong.add("idle state " + name);
            }
        }
        Optional<String> aspm = subject.source().read("/sys/module/pcie_aspm/parameters/policy");
        if (aspm.isPresent() && known > 0 && !aspm.get().contains("[performance]")) {
            wrong.add("ASPM " + aspm.get().replaceAll(".*\\[(.*)].*", "$1"));
        }
        return known == 0
                ? Finding.cannot("the kernel does not govern frequency or idle states (a guest?)")
                : DriveChecks.some(
                        wrong, "performance, C1 at most, no ASPM", "governor performance, C1 at most, no ASPM");
    }

    static Finding firmware(Subject subject) {
        String command = subject.text("/proc/cmdline");
        List<Machine.Node> nodes = subject.reader().nodes();
        long packages = subject.text("/proc/cpuinfo")
                .lines()
                .filter(line -> line.startsWith("physical id"))
                .distinct()
                .count();
        if (command.isEmpty() || nodes.isEmpty() || packages == 0) {
            return Finding.cannot("the kernel does not show sockets and nodes");
        }
        boolean iommu = !subject.source().list("/sys/class/iommu").isEmpty();
        boolean through = command.contains("iommu=pt")
                || command.contains("iommu=off")
                || command.contains("iommu.passthrough=1");
        boolean one = nodes.size() <= packages;
        return Finding.of(
                one && (!iommu || through),
                nodes.size() + " nodes on " + packages + " sockets" + (iommu && !through ? ", IOMMU translates" : "")
                        + "; DF C-states and determinism are not seen from here",
                "one node a socket (NPS1), iommu=pt");
    }

    static Finding hugePages(Subject subject) {
        String folder = "/sys/kernel/mm/transparent_hugepage/";
        String enabled = subject.text(folder + "enabled");
        if (enabled.isEmpty()) {
            return Finding.cannot(folder + "enabled cannot be read");
        }
        long reserved = MachineReader.number(
                MachineReader.field(subject.text("/proc/meminfo"), "HugePages_Total")
                        .orElse("0"),
                0);
        boolean stalls =
                enabled.contains("[always]") && subject.text(folder + "defrag").contains("[always]");
        boolean none = enabled.contains("[never]") && reserved == 0;
        return Finding.of(
                !stalls && !none,
                enabled.replaceAll(".*\\[(.*)].*", "$1") + ", " + reserved + " reserved"
                        + (stalls ? ", defragments at once" : ""),
                "madvise, or huge pages reserved; not always with defrag always");
    }

    static Finding swap(Subject subject) {
        Optional<String> swaps = subject.source().read("/proc/swaps");
        if (swaps.isEmpty()) {
            return Finding.cannot("/proc/swaps cannot be read");
        }
        boolean none = swaps.get().lines().count() <= 1;
        long swappiness = subject.sysctl("vm.swappiness").orElse(60);
        return Finding.of(
                none || swappiness <= 1,
                none ? "no swap" : "swap, swappiness " + swappiness,
                "no swap, or swappiness 1");
    }

    static Finding fits(Subject subject) {
        MachineReader reader = subject.reader();
        long memory = reader.memoryBytes();
        if (memory == 0) {
            return Finding.cannot("/proc/meminfo cannot be read");
        }
        long limit = Math.min(memory, reader.memoryLimitBytes().orElse(memory));
        long need = MemoryNeed.of(subject.profile()).totalBytes();
        return Finding.of(
                need < limit / 10 * 9,
                (need >> 20) + " MiB of slabs and term buffers, " + (limit >> 20) + " MiB of memory",
                "less than nine tenths of the memory that may be used");
    }

    static Finding sharedMemory(Subject subject) {
        Optional<String> mount = subject.text("/proc/mounts")
                .lines()
                .filter(line -> line.contains(" /dev/shm "))
                .findFirst();
        Optional<String> size = subject.source().run("df", "-B1", "--output=size", "/dev/shm");
        if (mount.isEmpty() || size.isEmpty()) {
            return Finding.cannot("/dev/shm is not mounted, or df does not answer");
        }
        long bytes = MachineReader.number(size.get().lines().reduce("", (first, last) -> last), 0);
        long need = MemoryNeed.of(subject.profile()).laneBytes() + SHARED_MEMORY_SLACK;
        boolean tmpfs = mount.get().contains(" tmpfs ");
        return Finding.of(
                tmpfs && bytes >= need,
                (tmpfs ? "tmpfs" : "not a tmpfs") + " of " + (bytes >> 20) + " MiB",
                "a tmpfs of " + (need >> 20) + " MiB or more");
    }

    static Finding limits(Subject subject) {
        String limits = subject.text("/proc/self/limits");
        String files = limit(limits, "Max open files");
        String locked = limit(limits, "Max locked memory");
        if (files.isEmpty()) {
            return Finding.cannot("/proc/self/limits cannot be read");
        }
        boolean enough = files.equals("unlimited") || MachineReader.number(files, 0) >= WANTED_FILES;
        return Finding.of(
                enough && locked.equals("unlimited"),
                "nofile " + files + ", memlock " + locked,
                "nofile " + WANTED_FILES + ", memlock unlimited, in the unit");
    }

    private static String limit(String limits, String name) {
        return limits.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip().split("\\s+")[0])
                .findFirst()
                .orElse("");
    }

    static Finding quota(Subject subject) {
        int cores = subject.reader().cores();
        if (cores == 0) {
            return Finding.cannot("/sys/devices/system/cpu cannot be read");
        }
        String[] quota = subject.text("/sys/fs/cgroup/cpu.max").split("\\s+");
        double allowed = quota.length == 2 && !quota[0].equals("max")
                ? Double.parseDouble(quota[0]) / Double.parseDouble(quota[1])
                : cores;
        ThreadProfile threads = subject.profile().threads();
        int spinning = threads.targetIdle() == ThreadProfile.Idle.SPIN ? threads.targetThreads() : 0;
        spinning += threads.driverIdle() == ThreadProfile.Idle.SPIN ? 1 : 0;
        String isolated = subject.text("/sys/devices/system/cpu/isolated");
        return Finding.of(
                allowed >= Math.max(2, spinning + 1),
                allowed + " of " + cores + " cores" + (isolated.isEmpty() ? "" : ", isolated " + isolated),
                Math.max(2, spinning + 1) + " or more");
    }

    static Finding container(Subject subject) {
        if (subject.text("/proc/1/cgroup").isEmpty()
                && subject.text("/proc/self/mountinfo").isEmpty()) {
            return Finding.cannot("/proc/1/cgroup cannot be read");
        }
        String kind = subject.reader().container();
        if (kind.equals("none")) {
            return Finding.ok("no container");
        }
        boolean filtered = MachineReader.field(subject.text("/proc/self/status"), "Seccomp")
                .orElse("0")
                .equals("2");
        boolean fuse = subject.source().list("/dev").contains("fuse");
        return Finding.of(
                !filtered && fuse,
                kind + (filtered ? ", seccomp filter" : "") + (fuse ? "" : ", no /dev/fuse"),
                "a seccomp profile that allows io_uring, /dev/fuse, --shm-size");
    }

    static Finding codec(Subject subject) {
        var flags = subject.reader().flags();
        if (subject.text("/proc/cpuinfo").isEmpty()) {
            return Finding.cannot("/proc/cpuinfo cannot be read");
        }
        String isal = subject.reader().isal();
        boolean wide = flags.contains("avx512f") || flags.contains("sve");
        String rate = subject.measure(Measurements.Quantity.PARITY, "").stream()
                .mapToObj(bytes -> String.format(java.util.Locale.ROOT, ", %.1f GB/s", bytes / 1e9))
                .findFirst()
                .orElse("");
        return Finding.of(
                !isal.isEmpty(),
                (isal.isEmpty() ? "no ISA-L" : "ISA-L")
                        + (wide ? ", wide vectors" : "")
                        + subject.measurements()
                                .codec()
                                .map(codec -> ", " + codec)
                                .orElse("")
                        + rate,
                "ISA-L (libisal.so.2); the Java codec is up to three times slower");
    }

    static Finding unique(Subject subject) {
        String id = subject.text("/etc/machine-id");
        if (id.isEmpty()) {
            return Finding.cannot("/etc/machine-id cannot be read");
        }
        Optional<String> mode = subject.source().run("stat", "-c", "%a", "/etc/apollo/secret");
        boolean own = id.matches("[0-9a-f]{32}") && !id.matches("0+");
        boolean closed =
                mode.isEmpty() || mode.get().equals("600") || mode.get().equals("400");
        return Finding.of(
                own && closed,
                "machine-id " + (own ? "of its own" : "\"" + id + "\"")
                        + mode.map(value -> ", secret " + value).orElse(""),
                "32 digits of its own, and a secret that only its owner reads");
    }
}

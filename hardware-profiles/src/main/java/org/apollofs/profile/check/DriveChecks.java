package org.apollofs.profile.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apollofs.profile.probe.Drive;
import org.apollofs.profile.probe.MachineReader;
import org.apollofs.profile.probe.Measurements;

/** Drives of a storage server. */
final class DriveChecks {
    private static final Finding NONE = Finding.cannot("no drive that would be a target");
    private static final Pattern FORMAT = Pattern.compile(
            "LBA Format\\s+[0-9]+ : Metadata Size: ([0-9]+)\\s+bytes - Data Size: ([0-9]+) bytes - Relative"
                    + " Performance: (0x?[0-9]+|0) \\w+\\s*(\\(in use\\))?");

    private record Measured(String drive, double seconds) {}

    private DriveChecks() {}

    static Finding owned(Subject subject) {
        List<String> devices = subject.targetDevices();
        if (devices.isEmpty()) {
            return Finding.cannot("the profile's targets are files");
        }
        List<String> wrong = new ArrayList<>();
        for (String device : devices) {
            Optional<String> real = subject.source().resolve(device);
            if (!device.startsWith("/dev/disk/by-")) {
                wrong.add(device + " is named by its order");
            } else if (real.isEmpty()
                    || !real.get().startsWith("/dev/")
                    || real.get().equals(device)) {
                wrong.add(device + " is not there");
            } else {
                String user = subject.reader().user(real.get().substring("/dev/".length()));
                if (!user.isEmpty()) {
                    wrong.add(device + " is " + user);
                }
            }
        }
        return some(
                wrong, devices.size() + " devices by identity, free", "each named by /dev/disk/by-id, in nobody's use");
    }

    static Finding block(Subject subject) {
        if (subject.drives().isEmpty()) {
            return NONE;
        }
        List<String> wrong = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (Drive drive : subject.drives()) {
            if (drive.logicalBlock() == 4096) {
                continue;
            }
            Optional<String> formats = formats(subject, drive);
            if (formats.isEmpty()) {
                unknown.add(drive.name());
            } else if (formats.get().contains("Data Size: 4096 bytes")) {
                wrong.add(drive.name() + " has blocks of " + drive.logicalBlock() + " and offers 4096");
            }
        }
        if (wrong.isEmpty() && !unknown.isEmpty()) {
            return Finding.cannot("nvme-cli does not say what " + String.join(", ", unknown) + " offers");
        }
        return some(wrong, "4096 bytes, or the most that is offered", "4096 where the drive offers it");
    }

    static Finding format(Subject subject) {
        if (subject.drives().isEmpty()) {
            return NONE;
        }
        List<String> wrong = new ArrayList<>();
        for (Drive drive : subject.drives()) {
            Optional<String> formats = formats(subject, drive);
            if (formats.isEmpty()) {
                return Finding.cannot("nvme id-ns does not answer for " + drive.name());
            }
            Matcher matcher = FORMAT.matcher(formats.get());
            int best = Integer.MAX_VALUE;
            int used = -1;
            int metadata = -1;
            while (matcher.find()) {
                int performance = Integer.decode(matcher.group(3));
                if (matcher.group(1).equals("0")) {
                    best = Math.min(best, performance);
                }
                if (matcher.group(4) != null) {
                    used = performance;
                    metadata = Integer.parseInt(matcher.group(1));
                }
            }
            if (used < 0) {
                return Finding.cannot("nvme id-ns names no format in use for " + drive.name());
            }
            if (metadata != 0 || used > best) {
                wrong.add(drive.name() + " has metadata of " + metadata + " bytes, performance class " + used);
            }
        }
        return some(wrong, "no metadata, best performance class", "metadata of 0 bytes and the best class");
    }

    private static Optional<String> formats(Subject subject, Drive drive) {
        return subject.source().run("nvme", "id-ns", "/dev/" + drive.name(), "-H");
    }

    static Finding pcieLink(Subject subject) {
        List<String> folders = new ArrayList<>();
        subject.drives().stream()
                .filter(Drive::isNvme)
                .forEach(drive -> folders.add("/sys/block/" + drive.name() + "/device/device"));
        subject.nics().forEach(nic -> folders.add("/sys/class/net/" + nic.name() + "/device"));
        List<String> wrong = new ArrayList<>();
        int known = 0;
        for (String folder : folders) {
            String speed = subject.text(folder + "/current_link_speed");
            String width = subject.text(folder + "/current_link_width");
            if (speed.isEmpty() || width.isEmpty()) {
                continue;
            }
            known++;
            String most = subject.text(folder + "/max_link_speed") + " x" + subject.text(folder + "/max_link_width");
            if (!most.equals(speed + " x" + width)) {
                wrong.add(folder.split("/")[3 + (folder.startsWith("/sys/class") ? 1 : 0)] + " " + speed + " x" + width
                        + " of " + most);
            }
        }
        return known == 0
                ? Finding.cannot("no drive or port with a PCIe link that the kernel shows")
                : some(wrong, known + " links as fast and wide as they can be", "full speed and width");
    }

    static Finding pcieRequests(Subject subject) {
        List<String> wrong = new ArrayList<>();
        int known = 0;
        for (var nic : subject.nics()) {
            String folder = subject.source()
                    .resolve("/sys/class/net/" + nic.name() + "/device")
                    .orElse("");
            String address = folder.substring(folder.lastIndexOf('/') + 1);
            String output = subject.source().run("lspci", "-vv", "-s", address).orElse("");
            Matcher sizes = Pattern.compile("MaxPayload ([0-9]+) bytes, MaxReadReq ([0-9]+) bytes")
                    .matcher(output);
            if (!sizes.find()) {
                continue;
            }
            known++;
            int payload = Integer.parseInt(sizes.group(1));
            int request = Integer.parseInt(sizes.group(2));
            if (payload < 256 || request < 512 || !output.contains("RlxdOrd+")) {
                wrong.add(nic.name() + " payload " + payload + ", read request " + request
                        + (output.contains("RlxdOrd+") ? "" : ", strictly ordered"));
            }
        }
        return known == 0
                ? Finding.cannot("lspci -vv does not say (not installed, no right, or no port of hardware)")
                : some(wrong, "payload 256, read request 512 or more, relaxed ordering", "256, 512, relaxed ordering");
    }

    static Finding queue(Subject subject) {
        if (subject.drives().isEmpty()) {
            return NONE;
        }
        List<String> wrong = new ArrayList<>();
        for (Drive drive : subject.drives()) {
            String folder = "/sys/block/" + drive.name() + "/queue/";
            long requests = subject.number(folder + "nr_requests").orElse(0);
            String merges = subject.text(folder + "nomerges");
            if (!drive.scheduler().equals("none") || requests < 256 || !merges.equals("2")) {
                wrong.add(drive.name() + ": scheduler " + drive.scheduler() + ", nr_requests " + requests
                        + ", nomerges " + merges);
            }
        }
        return some(wrong, "scheduler none, nomerges 2", "scheduler none, nr_requests 256 or more, nomerges 2");
    }

    static Finding volatileCache(Subject subject) {
        if (subject.drives().isEmpty()) {
            return NONE;
        }
        List<String> wrong = new ArrayList<>();
        for (Drive drive : subject.drives()) {
            if (drive.writeCache().isEmpty()) {
                return Finding.cannot("the kernel does not say for " + drive.name());
            }
            if (!drive.writeCache().equals("write through")) {
                wrong.add(drive.name() + " (" + drive.model() + ") has a volatile write cache");
            }
        }
        return some(wrong, "no volatile write cache", "power-loss protection: write_cache \"write through\"");
    }

    static Finding smart(Subject subject) {
        if (subject.drives().isEmpty()) {
            return NONE;
        }
        List<String> wrong = new ArrayList<>();
        for (Drive drive : subject.drives()) {
            Optional<String> log = subject.source().run("nvme", "smart-log", "/dev/" + drive.name());
            if (log.isEmpty()) {
                return Finding.cannot("nvme smart-log does not answer for " + drive.name());
            }
            String trouble = trouble(log.get());
            if (!trouble.isEmpty()) {
                wrong.add(drive.name() + ": " + trouble);
            }
        }
        return some(wrong, "all well", "no warning, spare above threshold, less than 90% used, no media errors");
    }

    private static String trouble(String log) {
        long warning = smart(log, "critical_warning");
        long spare = smart(log, "available_spare");
        long threshold = smart(log, "available_spare_threshold");
        long used = smart(log, "percentage_used");
        long errors = smart(log, "media_errors");
        if (warning != 0) {
            return "critical warning " + warning;
        }
        if (spare <= threshold) {
            return "spare " + spare + "%, threshold " + threshold + "%";
        }
        if (used >= 90) {
            return used + "% used";
        }
        return errors > 0 ? errors + " media errors" : "";
    }

    private static long smart(String log, String name) {
        String value = MachineReader.field(log, name).orElse("0").replaceAll("[%,]", "");
        return value.startsWith("0x") ? Long.decode(value) : MachineReader.number(value.split("\\s+")[0], 0);
    }

    static Finding alike(Subject subject) {
        if (subject.drives().size() < 2) {
            return Finding.cannot("fewer than two drives");
        }
        Map<String, Integer> classes = new TreeMap<>();
        long least = Long.MAX_VALUE;
        long most = 0;
        for (Drive drive : subject.drives()) {
            classes.merge(drive.model() + " " + drive.firmware(), 1, Integer::sum);
            least = Math.min(least, drive.sizeBytes());
            most = Math.max(most, drive.sizeBytes());
        }
        boolean sizes = most <= least * 1.02;
        return Finding.of(
                classes.size() == 1 && sizes,
                classes + (sizes ? "" : ", sizes from " + least + " to " + most),
                "one model, one firmware, sizes within 2%");
    }

    static Finding latency(Subject subject) {
        List<Measured> all = new ArrayList<>();
        for (Drive drive : subject.drives()) {
            OptionalDouble latency = subject.measure(Measurements.Quantity.SYNC_MEDIAN, drive.name());
            latency.ifPresent(seconds -> all.add(new Measured(drive.name(), seconds)));
        }
        if (all.size() < 2) {
            return Finding.cannot("write latency of drives is not measured: that would write to them");
        }
        all.sort(Comparator.comparingDouble(Measured::seconds));
        double median = all.get((all.size() - 1) / 2).seconds();
        double worst = all.getLast().seconds();
        String measured = String.format(
                Locale.ROOT, "%s %.2f ms, median %.2f ms", all.getLast().drive(), worst * 1e3, median * 1e3);
        if (worst > 10 * median) {
            return Finding.bad(measured, "less than 5 times the median");
        }
        return Finding.of(worst <= 5 * median, measured, "less than 5 times the median");
    }

    static Finding interrupts(Subject subject) {
        String table = subject.text("/proc/interrupts");
        int cores = subject.reader().cores();
        if (subject.drives().isEmpty() || table.isEmpty() || cores == 0) {
            return Finding.cannot("no NVMe drive, or /proc/interrupts cannot be read");
        }
        int wanted = Math.min(cores, subject.profile().threads().targetThreads());
        List<String> wrong = new ArrayList<>();
        for (Drive drive : subject.drives()) {
            String controller = drive.name().replaceAll("n[0-9]+$", "");
            long queues = Pattern.compile("\\b" + controller + "q[1-9][0-9]*")
                    .matcher(table)
                    .results()
                    .count();
            if (queues < wanted) {
                wrong.add(drive.name() + " has " + queues + " queues with interrupts");
            }
        }
        return some(wrong, "a queue for each core that is used", wanted + " or more");
    }

    static Finding direct(Subject subject) {
        List<String> block = subject.source().list("/sys/block");
        if (block.isEmpty()) {
            return Finding.cannot("/sys/block cannot be read");
        }
        List<String> wrong = new ArrayList<>();
        for (String name : block) {
            if (name.startsWith("dm-")
                    && subject.text("/sys/block/" + name + "/dm/uuid").startsWith("mpath-")) {
                wrong.add(name + " is a multipath device");
            }
        }
        for (String driver : List.of("vmd", "megaraid_sas")) {
            boolean bound = subject.source().list("/sys/bus/pci/drivers/" + driver).stream()
                    .anyMatch(device -> device.contains(":"));
            if (bound) {
                wrong.add("drives may be behind " + driver);
            }
        }
        return wrong.isEmpty() && subject.drives().isEmpty()
                ? NONE
                : some(wrong, "attached directly", "no VMD, no RAID controller, no multipath");
    }

    static Finding domains(Subject subject) {
        var targets = subject.profile().targets();
        if (targets.isEmpty()) {
            return Finding.cannot("the profile has no targets");
        }
        List<String> wrong = new ArrayList<>();
        Map<String, String> deviceDomains = new TreeMap<>();
        Set<String> domains = new HashSet<>();
        for (var target : targets) {
            domains.add(target.failureDomain());
            if (target.failureDomain().equals("target-" + target.id())) {
                wrong.add("target " + target.id() + " has no failure domain of its own");
            }
            String device = subject.source().resolve(target.path()).orElse(target.path());
            String other = deviceDomains.putIfAbsent(device, target.failureDomain());
            if (other != null && !other.equals(target.failureDomain())) {
                wrong.add(device + " is in two domains");
            }
        }
        return some(wrong, domains.size() + " domains", "each target in a domain, each device in one");
    }

    /** Well if nothing is wrong, else off with the first few of what is. */
    static Finding some(List<String> wrong, String well, String expected) {
        int shown = Math.min(3, wrong.size());
        String more = wrong.size() > shown ? ", and " + (wrong.size() - shown) + " more" : "";
        return wrong.isEmpty()
                ? Finding.ok(well)
                : Finding.off(String.join("; ", wrong.subList(0, shown)) + more, expected);
    }
}

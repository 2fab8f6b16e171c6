package org.apollofs.profile.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apollofs.profile.probe.MachineReader;

/** JDK, kernel, FUSE, io_uring. */
final class HostChecks {
    private static final int WANTED_JDK = 25;
    private static final int CAP_SYS_ADMIN = 21;
    private static final Pattern RELEASE = Pattern.compile("([0-9]+)\\.([0-9]+).*", Pattern.DOTALL);

    private HostChecks() {}

    static Finding java(Subject subject) {
        Optional<String> exe = subject.source().resolve("/proc/self/exe");
        String release = exe.map(path -> subject.text(path.replaceAll("/bin/[^/]+$", "/release")))
                .orElse("");
        Matcher version = Pattern.compile("JAVA_VERSION=\"([0-9]+)[^\"]*\"").matcher(release);
        if (!version.find()) {
            return Finding.cannot("no release file of a JDK beside " + exe.orElse("/proc/self/exe"));
        }
        StringBuilder options = new StringBuilder();
        for (String word : subject.text("/proc/self/cmdline").split("\0")) {
            options.append(word.startsWith("@") ? subject.text(word.substring(1)) : word)
                    .append('\n');
        }
        boolean nativeAccess = options.indexOf("--enable-native-access") >= 0;
        boolean wide = release.contains("x86_64") || release.contains("aarch64");
        return Finding.of(
                Integer.parseInt(version.group(1)) >= WANTED_JDK && wide && nativeAccess,
                version.group().replaceAll("JAVA_VERSION=|\"", "")
                        + (wide ? ", 64 bits" : ", not of 64 bits")
                        + (nativeAccess ? ", native access" : ", without --enable-native-access"),
                "JDK 25 of 64 bits with --enable-native-access");
    }

    static Finding kernel(Subject subject) {
        String release = subject.text("/proc/sys/kernel/osrelease");
        Matcher matcher = RELEASE.matcher(release);
        if (!matcher.matches()) {
            return Finding.cannot("/proc/sys/kernel/osrelease cannot be read");
        }
        int version = Integer.parseInt(matcher.group(1)) * 1000 + Integer.parseInt(matcher.group(2));
        boolean fuse = subject.text("/proc/filesystems")
                .lines()
                .anyMatch(line -> line.strip().endsWith("fuse"));
        OptionalLong pages = subject.sysctl("fs.fuse.max_pages_limit");
        boolean wide = version < 6013 || pages.orElse(0) >= 256;
        return Finding.of(
                version >= 6006 && fuse && wide,
                release
                        + (fuse ? ", fuse" : ", no fuse module")
                        + (pages.isPresent() ? ", max_pages_limit " + pages.getAsLong() : ""),
                "6.6 or newer with the fuse module; fs.fuse.max_pages_limit of 256 or more from 6.13 on");
    }

    static Finding mounting(Subject subject) {
        List<String> devices = subject.source().list("/dev");
        if (devices.isEmpty()) {
            return Finding.cannot("/dev cannot be read");
        }
        boolean device = devices.contains("fuse");
        String capabilities =
                MachineReader.field(subject.text("/proc/self/status"), "CapEff").orElse("0");
        boolean admin = (Long.parseUnsignedLong(capabilities, 16) >>> CAP_SYS_ADMIN & 1) == 1;
        boolean helper = subject.source().list("/usr/bin").contains("fusermount3")
                || subject.source().list("/bin").contains("fusermount3");
        return Finding.of(
                device && (admin || helper),
                (device ? "/dev/fuse" : "no /dev/fuse")
                        + (admin ? ", may mount" : helper ? ", fusermount3" : ", may not mount"),
                "/dev/fuse, and CAP_SYS_ADMIN or fusermount3");
    }

    static Finding fuseOverUring(Subject subject) {
        if (!subject.source().list("/sys/module").contains("fuse")
                && subject.text("/proc/filesystems").isEmpty()) {
            return Finding.cannot("no /sys/module/fuse");
        }
        Optional<String> setting = subject.source().read("/sys/module/fuse/parameters/enable_uring");
        return Finding.of(
                !setting.orElse("N").equals("Y"),
                setting.map(value -> "enable_uring " + value).orElse("this kernel does not have it"),
                "enable_uring N: sequential rates fall with it");
    }

    static Finding ioUring(Subject subject) {
        OptionalLong disabled = subject.sysctl("kernel.io_uring_disabled");
        if (disabled.isPresent() && disabled.getAsLong() != 0) {
            return Finding.off("kernel.io_uring_disabled = " + disabled.getAsLong(), "0");
        }
        String filter = MachineReader.field(subject.text("/proc/self/status"), "Seccomp")
                .orElse("");
        if (filter.equals("2")) {
            return Finding.cannot(
                    "a seccomp filter is on: whether it lets io_uring through shows when a server starts");
        }
        return disabled.isPresent() && filter.equals("0")
                ? Finding.ok("allowed")
                : Finding.cannot("the kernel does not say (no kernel.io_uring_disabled)");
    }

    static Finding clock(Subject subject) {
        Optional<String> tracking = subject.source().run("chronyc", "-n", "tracking");
        if (tracking.isEmpty()) {
            Optional<String> synced = subject.source().run("timedatectl", "show", "-p", "NTPSynchronized", "--value");
            return synced.isEmpty()
                    ? Finding.cannot("neither chronyc nor timedatectl answers")
                    : Finding.of(synced.get().equals("yes"), "NTPSynchronized " + synced.get(), "yes");
        }
        Matcher offset =
                Pattern.compile("System time\\s*:\\s*([0-9.]+) seconds").matcher(tracking.get());
        boolean synced =
                MachineReader.field(tracking.get(), "Leap status").orElse("").equals("Normal");
        if (!synced || !offset.find()) {
            return Finding.bad("chrony is not synchronised", "synchronised, less than 100 ms off");
        }
        double seconds = Double.parseDouble(offset.group(1));
        List<String> others = new ArrayList<>();
        for (String service : List.of("systemd-timesyncd", "ntpd", "ntpsec")) {
            if (subject.source()
                    .run("systemctl", "is-active", service)
                    .orElse("")
                    .equals("active")) {
                others.add(service);
            }
        }
        String measured = offset.group(1) + " s off" + (others.isEmpty() ? "" : ", and " + others + " sets it too");
        if (seconds > 1) {
            return Finding.bad(measured, "less than 100 ms off");
        }
        return Finding.of(seconds < 0.1 && others.isEmpty(), measured, "less than 100 ms off, one source");
    }

    static Finding name(Subject subject) {
        String host = subject.text("/proc/sys/kernel/hostname");
        if (!subject.usesNetwork() && subject.peers().isEmpty()) {
            return Finding.cannot("lanes and namespace stay in this machine");
        }
        Optional<String> answer = subject.source().run("getent", "ahostsv4", host);
        if (host.isEmpty() || answer.isEmpty()) {
            return Finding.off("\"" + host + "\" does not resolve", "its own address, not 127.0.1.1");
        }
        String address = answer.get().split("\\s+")[0];
        String back = subject.source().run("getent", "hosts", address).orElse("");
        boolean loop = address.startsWith("127.");
        boolean both = Set.of(back.split("\\s+")).contains(host) || back.contains(host + ".");
        return Finding.of(
                !loop && both,
                host + " is " + address + (both ? "" : ", which is \"" + back.replaceAll("\\s+", " ") + "\""),
                "its own address, both ways, not 127.0.1.1");
    }

    static Finding agents(Subject subject) {
        List<String> processes = subject.source().list("/proc");
        if (processes.isEmpty()) {
            return Finding.cannot("/proc cannot be read");
        }
        List<String> found = new ArrayList<>();
        if (subject.text("/sys/fs/selinux/enforce").equals("1")) {
            found.add("SELinux enforces");
        }
        String confined = subject.text("/proc/self/attr/current");
        if (!confined.isEmpty() && !confined.startsWith("unconfined") && !confined.equals("kernel")) {
            found.add("AppArmor: " + confined.replace("\0", ""));
        }
        for (String process : processes) {
            if (process.matches("[0-9]+")) {
                String name = subject.text("/proc/" + process + "/comm");
                if (name.matches("falcon-sensor.*|mdatp.*|wdavdaemon|cbagentd|ds_agent|SentinelAgent.*|sophos.*")) {
                    found.add(name);
                }
            }
        }
        return Finding.of(
                found.isEmpty(),
                found.isEmpty() ? "none" : String.join(", ", found),
                "none that looks at every read and write");
    }
}

package org.apollofs.profile.check;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LaneProfile;
import org.apollofs.profile.NamespaceProfile;
import org.apollofs.profile.TargetProfile;
import org.apollofs.profile.probe.Drive;
import org.apollofs.profile.probe.MachineReader;
import org.apollofs.profile.probe.MachineSource;
import org.apollofs.profile.probe.Measurements;
import org.apollofs.profile.probe.Nic;

/** A machine that is looked at, and the profile that it shall run with. One thread. */
public final class Subject {
    private static final String DEVICES = "/dev/";

    private final MachineSource source;
    private final MachineReader reader;
    private final HardwareProfile profile;
    private final Measurements measurements;
    private List<Nic> nics;
    private List<Drive> drives;

    /** @param measurements what may be tried on it. */
    public Subject(MachineSource source, HardwareProfile profile, Measurements measurements) {
        this.source = source;
        this.reader = new MachineReader(source);
        this.profile = profile;
        this.measurements = measurements;
    }

    MachineSource source() {
        return source;
    }

    MachineReader reader() {
        return reader;
    }

    HardwareProfile profile() {
        return profile;
    }

    Measurements measurements() {
        return measurements;
    }

    OptionalDouble measure(Measurements.Quantity quantity, String of) {
        return measurements.measure(quantity, of);
    }

    /** Text of a file; empty if there is none. */
    String text(String path) {
        return source.read(path).orElse("");
    }

    /** A number in a file. */
    OptionalLong number(String path) {
        long value = MachineReader.number(text(path), Long.MIN_VALUE);
        return value == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** A kernel setting, as sysctl names it. */
    OptionalLong sysctl(String name) {
        return number("/proc/sys/" + name.replace('.', '/'));
    }

    List<Nic> nics() {
        if (nics == null) {
            nics = reader.nics();
        }
        return nics;
    }

    /** Ports that carry. */
    List<Nic> upNics() {
        return nics().stream().filter(Nic::up).toList();
    }

    /** Drives that are targets: those the profile names, or else all NVMe drives that nothing else has. */
    List<Drive> drives() {
        if (drives == null) {
            List<Drive> all = reader.drives();
            List<String> named = targetDevices().stream()
                    .map(device -> source.resolve(device).orElse(device))
                    .toList();
            List<Drive> chosen = new ArrayList<>();
            for (Drive drive : all) {
                boolean target = named.isEmpty()
                        ? drive.isNvme() && drive.inUse().isEmpty()
                        : named.contains(DEVICES + drive.name());
                if (target) {
                    chosen.add(drive);
                }
            }
            drives = chosen;
        }
        return drives;
    }

    /** Devices that the profile names as targets. */
    List<String> targetDevices() {
        return profile.targets().stream()
                .map(TargetProfile::path)
                .filter(path -> path.startsWith(DEVICES))
                .toList();
    }

    /** Whether chunks go over the network. */
    boolean usesNetwork() {
        return profile.lanes().media() == LaneProfile.Media.UDP;
    }

    /** Other machines that the profile names. */
    List<String> peers() {
        String own = text("/proc/sys/kernel/hostname");
        return profile.namespace().members().stream()
                .map(NamespaceProfile.Member::host)
                .filter(host -> !host.equals(own) && !host.equals("localhost") && !host.startsWith("127."))
                .distinct()
                .toList();
    }
}

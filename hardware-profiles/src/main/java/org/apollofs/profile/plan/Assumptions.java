package org.apollofs.profile.plan;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.MachineProfile;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.sizing.Checkpoint;
import org.apollofs.profile.sizing.Failures;

/** The numbers of a plan, each with how it is known. One thread. */
public final class Assumptions {
    private final Map<Assumption.Key, Assumption> values = new EnumMap<>(Assumption.Key.class);

    private Assumptions() {}

    /** What is published, what was measured, and what is assumed where nobody has said anything. */
    public static Assumptions defaults() {
        Assumptions all = new Assumptions();
        all.put(
                Assumption.Key.BYTES_PER_PARAMETER,
                Checkpoint.BYTES_PER_PARAMETER,
                Assumption.Basis.PUBLISHED,
                "BF16 weights, FP32 master weights and moments; equals the files of MLPerf Storage to 0.1%");
        all.put(
                Assumption.Key.GPU_HOURS_PER_FAILURE,
                Failures.GPU_HOURS,
                Assumption.Basis.PUBLISHED,
                "Llama 3: 419 failures in 54 days on 16,384 GPUs; MLCommons takes the same");
        all.put(
                Assumption.Key.RESTART_SEC,
                300,
                Assumption.Basis.ASSUMED,
                "detection, scheduling, start of processes and communicators");
        all.put(Assumption.Key.STALL_SEC, 2, Assumption.Basis.ASSUMED, "copy of the GPUs' state to host memory");
        all.put(
                Assumption.Key.SAVE_PERCENT,
                2.5,
                Assumption.Basis.ASSUMED,
                "with 1.2T parameters on 8,192 GPUs this is about 2.5 TB/s");
        all.put(Assumption.Key.READERS, 8, Assumption.Basis.ASSUMED, "data-parallel replicas, where nobody broadcasts");
        all.put(
                Assumption.Key.CAPACITY_PER_GPU,
                9.8e12,
                Assumption.Basis.ASSUMED,
                "the design's site: 100 PB after parity for 8,192 GPUs, 80% full");
        all.put(Assumption.Key.FILL_PERCENT, 80, Assumption.Basis.ASSUMED, "free space for placement and repair");
        all.put(
                Assumption.Key.CPU_SEC_PER_GB,
                1.09,
                Assumption.Basis.MEASURED,
                "docs/findings.md: host, parity and targets together, two cores");
        all.put(Assumption.Key.RACK_UNITS, 42, Assumption.Basis.ASSUMED, "48, less switches and power");
        all.put(Assumption.Key.RACK_WATTS, 40_000, Assumption.Basis.ASSUMED, "an air-cooled rack");
        all.put(Assumption.Key.RACK_GPUS, 72, Assumption.Basis.PUBLISHED, "GB200 NVL72");
        all.put(Assumption.Key.OTHER_RACKS_PERCENT, 5, Assumption.Basis.ASSUMED, "spine, management, namespace");
        all.put(
                Assumption.Key.REPAIR_PERCENT,
                20,
                Assumption.Basis.ASSUMED,
                "classes host, repair, background: 70/20/10");
        all.put(
                Assumption.Key.FILES_PER_RANK,
                2,
                Assumption.Basis.PUBLISHED,
                "MLPerf Storage: 2,072 files of 1,024 ranks");
        all.put(Assumption.Key.OPERATIONS_PER_FILE, 3, Assumption.Basis.ASSUMED, "create, commit at fsync, close");
        all.put(
                Assumption.Key.NAMESPACE_RATE,
                188_944,
                Assumption.Basis.MEASURED,
                "docs/namespace.md: durable puts, three members, 64 under way, 16 cores");
        all.machines();
        return all;
    }

    private void machines() {
        HardwareProfile host = ProfileLoader.load("gpu-host-8xH100");
        put(Assumption.Key.GPUS_PER_HOST, host.machine().gpus(), Assumption.Basis.PUBLISHED, host.profile());
        put(
                Assumption.Key.HOST_NETWORK,
                host.machine().networkBytesPerSec(),
                Assumption.Basis.PUBLISHED,
                host.profile());
        put(Assumption.Key.HOST_CORES, host.machine().cores(), Assumption.Basis.PUBLISHED, host.profile());
        HardwareProfile node = ProfileLoader.load("storage-node-16nvme");
        MachineProfile server = node.machine();
        put(Assumption.Key.SERVER_WRITE, (double) server.writeBytesPerSec(), Assumption.Basis.ASSUMED, node.profile());
        put(Assumption.Key.SERVER_READ, (double) server.readBytesPerSec(), Assumption.Basis.ASSUMED, node.profile());
        put(Assumption.Key.SERVER_BYTES, (double) node.capacityBytes(), Assumption.Basis.ASSUMED, node.profile());
        put(Assumption.Key.SERVER_UNITS, server.rackUnits(), Assumption.Basis.ASSUMED, node.profile());
        put(Assumption.Key.SERVER_WATTS, server.watts(), Assumption.Basis.ASSUMED, node.profile());
        HardwareProfile tray = ProfileLoader.load("gpu-tray-gb200");
        put(Assumption.Key.TRAY_GPUS, tray.machine().gpus(), Assumption.Basis.PUBLISHED, tray.profile());
        put(
                Assumption.Key.TRAY_WRITE,
                (double) tray.machine().writeBytesPerSec(),
                Assumption.Basis.ASSUMED,
                tray.profile());
        put(
                Assumption.Key.TRAY_READ,
                (double) tray.machine().readBytesPerSec(),
                Assumption.Basis.ASSUMED,
                tray.profile());
        put(Assumption.Key.TRAY_BYTES, (double) tray.capacityBytes(), Assumption.Basis.ASSUMED, tray.profile());
        put(Assumption.Key.TRAY_WATTS, tray.machine().watts(), Assumption.Basis.ASSUMED, tray.profile());
    }

    /** Replaces one. */
    public Assumptions put(Assumption.Key key, double value, Assumption.Basis basis, String source) {
        values.put(key, new Assumption(key, value, basis, source));
        return this;
    }

    /** Its value. */
    public double value(Assumption.Key key) {
        return values.get(key).value();
    }

    /** All of them, in the order of the keys. */
    public List<Assumption> all() {
        return new ArrayList<>(values.values());
    }
}

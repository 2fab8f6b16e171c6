package org.apollofs.cli.profile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apollofs.profile.plan.Figures;
import org.apollofs.profile.plan.Unit;
import org.apollofs.profile.probe.Drive;
import org.apollofs.profile.probe.LiveMachine;
import org.apollofs.profile.probe.Machine;
import org.apollofs.profile.probe.MachineReader;
import org.apollofs.profile.probe.Nic;
import org.apollofs.profile.probe.RecordingMachine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What this machine is. */
@Command(
        name = "probe",
        description = "Say what this machine is: processors, memory, network, drives, kernel. Reads only.")
public final class ProbeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description = "Write down what was read, for 'apollo check --recorded'.")
    private Path record;

    @Override
    public Integer call() throws IOException {
        RecordingMachine source = new RecordingMachine(new LiveMachine());
        Machine machine = new MachineReader(source).read();
        if (record != null) {
            Files.writeString(record, source.recording());
        }
        Output output = new Output(spec.commandLine().getOut());
        if (json) {
            output.json(machine);
        } else {
            output.say(describe(machine).toTable().stripTrailing());
        }
        return 0;
    }

    private static Figures describe(Machine machine) {
        Figures figures = new Figures();
        figures.section("Machine " + machine.host())
                .text("kernel", "kernel", machine.kernel())
                .text("container", "container", machine.container())
                .text("virtual", "hypervisor below", machine.virtual() ? "yes" : "no")
                .text("cpu", "processor", machine.cpu())
                .number("cores", "cores", machine.cores(), Unit.PLAIN)
                .text("isa", "instruction sets", String.join(" ", machine.isa()))
                .text("caches", "caches", String.join(", ", machine.caches()))
                .number("memoryBytes", "memory", (double) machine.memoryBytes(), Unit.BYTES)
                .number("memoryLimitBytes", "  that may be used", (double) machine.memoryLimitBytes(), Unit.BYTES)
                .text("nodes", "NUMA nodes", Integer.toString(machine.nodes().size()))
                .text("fuse", "/dev/fuse", machine.fuse() ? "yes" : "no")
                .text("ioUring", "io_uring", machine.ioUring())
                .text("isal", "ISA-L", machine.isal().isEmpty() ? "not installed" : machine.isal())
                .text(
                        "openFiles",
                        "open files",
                        machine.openFiles() < 0 ? "unlimited" : Long.toString(machine.openFiles()))
                .text(
                        "locked",
                        "locked memory",
                        machine.lockedBytes() < 0 ? "unlimited" : Long.toString(machine.lockedBytes()));
        figures.section("Network");
        for (Nic nic : machine.nics()) {
            figures.text(
                    "nics." + nic.name(),
                    nic.name(),
                    (nic.mbitPerSec() > 0 ? nic.mbitPerSec() / 1000.0 + " Gbit/s" : "rate not known") + ", MTU "
                            + nic.mtu() + ", " + nic.driver() + (nic.up() ? "" : ", down"));
        }
        figures.section("Drives");
        for (Drive drive : machine.drives()) {
            figures.number(
                    "drives." + drive.name(),
                    drive.name(),
                    (double) drive.sizeBytes(),
                    Unit.BYTES,
                    drive.model() + " blocks of " + drive.logicalBlock() + ", " + drive.writeCache() + ", "
                            + drive.queues() + " queues" + (drive.inUse().isEmpty() ? "" : ", " + drive.inUse()));
        }
        figures.section("File systems");
        for (Machine.FileSystem system : machine.fileSystems()) {
            figures.number(
                    "fileSystems." + system.path(),
                    system.path(),
                    (double) system.freeBytes(),
                    Unit.BYTES,
                    "free, " + system.type());
        }
        return figures;
    }
}

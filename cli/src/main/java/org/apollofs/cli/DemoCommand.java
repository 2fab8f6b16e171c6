package org.apollofs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apollofs.perf.report.Report;
import org.apollofs.profile.ByteSize;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LayoutProfile;
import org.apollofs.profile.MountProfile;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Takes one checkpoint through all of Apollo and says what came of it: see {@link Demo}. */
@Command(
        name = "demo",
        description = "Write a checkpoint through a fresh site, restart it, lose targets, and compare every byte.")
final class DemoCommand implements Callable<Integer> {
    private static final long LEAST_BYTES = 16L << 20;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--size",
            defaultValue = "2GiB",
            paramLabel = "SIZE",
            description = "Bytes of the checkpoint, about (default: ${DEFAULT-VALUE}).")
    private String size;

    @Option(
            names = "--layout",
            paramLabel = "k+m",
            description = "Data and parity chunks of a stripe; the number of targets follows (default: the profile's).")
    private String layout;

    @Option(names = "--backend", paramLabel = "B", description = "auto, kernel or jnr (default: the profile's).")
    private MountProfile.Backend backend;

    @Option(
            names = "--profile",
            defaultValue = "embedded",
            paramLabel = "P",
            description = "Profile: a YAML file or a built-in name (default: ${DEFAULT-VALUE}).")
    private String profile;

    @Option(names = "--dir", paramLabel = "DIR", description = "Empty or new folder to work in (default: a fresh one).")
    private Path dir;

    @Option(names = "--keep", description = "Keep the folder.")
    private boolean keep;

    @Option(names = "--json", description = "Print the result as JSON; progress goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        StopSignal stop = StopSignal.install();
        try (ProgressLine progress = new ProgressLine(spec.commandLine().getErr())) {
            Demo demo = new Demo(chosenProfile(), bytes(), stop, progress);
            Report report = demo.run(dir, keep);
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? report.toJson() : report.toTable());
            out.flush();
            return (demo.passed() ? ExitCode.OK : ExitCode.VERIFY).code();
        }
    }

    private HardwareProfile chosenProfile() {
        HardwareProfile chosen = ProfileLoader.load(profile);
        if (backend != null) {
            chosen = chosen.withBackend(backend);
        }
        if (layout == null) {
            return chosen.withLayout(
                    chosen.layout().dataChunks(), chosen.layout().parityChunks());
        }
        try {
            int[] chunks = LayoutProfile.parse(layout);
            return chosen.withLayout(chunks[0], chunks[1]);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--layout: " + e.getMessage(), e);
        }
    }

    private long bytes() {
        try {
            long bytes = ByteSize.parse(size);
            if (bytes < LEAST_BYTES) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--size: expected at least " + ByteSize.format(LEAST_BYTES) + ", found " + size);
            }
            return bytes;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--size: " + e.getMessage(), e);
        }
    }
}

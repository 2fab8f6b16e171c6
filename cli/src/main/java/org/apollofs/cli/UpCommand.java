package org.apollofs.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LayoutProfile;
import org.apollofs.profile.MountProfile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the embedded site in the foreground until it is stopped. */
@Command(
        name = "up",
        description =
                "Run an embedded site, whole in one process, in the foreground. Ctrl-C or SIGTERM stops it in order.")
final class UpCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--dir",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the site: new, empty, or one that was made before.")
    private Path dir;

    @Option(names = "--mount", required = true, paramLabel = "MNT", description = "Empty directory to mount on.")
    private Path mount;

    @Option(
            names = "--profile",
            paramLabel = "P",
            description = "Profile: a YAML file or a built-in name (default: embedded).")
    private String profile;

    @Option(
            names = "--backend",
            paramLabel = "B",
            description = "auto, kernel or jnr (default: the profile's, which is auto in the built-in one).")
    private MountProfile.Backend backend;

    @Option(
            names = "--layout",
            paramLabel = "k+m",
            description =
                    "Data and parity chunks of a stripe; the number of targets follows. Fixed when the site is made.")
    private String layout;

    @Option(
            names = "--discard",
            paramLabel = "SITE-ID",
            description = {
                "Give up for good what is missing of the site, and start without it.",
                "Needed only where a start says so, and says the id. What is there is put aside, not deleted."
            })
    private UUID discard;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        StopSignal stop = StopSignal.install();
        SiteFolder folder = SiteFolder.of(dir);
        if (discard != null) {
            folder.restoreRecord(discard);
        }
        folder.checkUsable();
        HardwareProfile chosen = SiteProfiles.choose(folder, profile, layout(), backend);
        try (Node node = Node.start(new NodeOptions(folder, mount, chosen, discard), stop, out)) {
            say(out, "ready");
            stop.await();
            say(out, node.notice() == null ? "stopping" : "stopping: " + node.notice());
            node.checkHealthy();
        } catch (CancellationException e) {
            say(out, e.getMessage());
        }
        say(out, "stopped");
        return ExitCode.OK.code();
    }

    private static void say(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }

    private int[] layout() {
        if (layout == null) {
            return null;
        }
        try {
            return LayoutProfile.parse(layout);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--layout: " + e.getMessage(), e);
        }
    }
}

package org.apollofs.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs one member of the namespace as a process of its own, in the foreground, until it is stopped. */
@Command(
        name = "namespace",
        description = "Run a member of the namespace in the foreground. Ctrl-C or SIGTERM stops it in order.",
        subcommands = NamespaceCommand.Snapshot.class)
final class NamespaceCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--profile", paramLabel = "P", description = "Profile with the members: a YAML file.")
    private String profile;

    @Option(names = "--member", paramLabel = "I", description = "Which of the profile's members this one is: its id.")
    private Integer member;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "Folder of the site's processes here; the member's is DIR/namespace/I (default: this one).")
    private Path dir;

    @Override
    public Integer call() throws InterruptedException {
        if (profile == null || member == null) {
            throw new ParameterException(spec.commandLine(), "--profile and --member are needed");
        }
        PrintWriter out = spec.commandLine().getOut();
        StopSignal stop = StopSignal.install();
        HardwareProfile site = ProfileLoader.load(profile);
        try (MemberNode node = MemberNode.start(site, member, dir, stop, out)) {
            say(out, "ready");
            stop.await();
            say(out, "stopping");
            node.checkHealthy();
        } catch (CancellationException e) {
            // Stopped while it waited for the others: its next start begins anew.
            say(out, "stopping");
        }
        say(out, "stopped");
        return ExitCode.OK.code();
    }

    private static void say(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }

    /** Has a snapshot taken now. */
    @Command(
            name = "snapshot",
            description = "Have all members take a snapshot now: the log before the one before it is deleted.")
    static final class Snapshot implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Option(names = "--profile", required = true, paramLabel = "P", description = "Profile with the members.")
        private String profile;

        @Override
        public Integer call() {
            try (NamespaceConnection connection = NamespaceConnection.ofMembers(ProfileLoader.load(profile))) {
                connection.namespace().takeSnapshot();
            }
            say(spec.commandLine().getOut(), "snapshot begun");
            return ExitCode.OK.code();
        }
    }
}

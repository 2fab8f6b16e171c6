package org.apollofs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.apollofs.namespace.cluster.MemberAddress;
import org.apollofs.namespace.cluster.MemberStatus;
import org.apollofs.namespace.cluster.MemberSurvey;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs one member of the namespace as a process of its own, in the foreground, until it is stopped. */
@Command(
        name = "namespace",
        description = "Run a member of the namespace in the foreground. Ctrl-C or SIGTERM stops it in order.",
        subcommands = {NamespaceCommand.Status.class, NamespaceCommand.Snapshot.class, NamespaceCommand.Secret.class})
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

    @Option(
            names = "--discard",
            paramLabel = "ID",
            description = {
                "Give up for good what is missing of the member's folder; of several members it copies from the"
                        + " others.",
                "Needed only where a start says so, and says the id. What is there is put aside, not deleted."
            })
    private UUID discard;

    @Override
    public Integer call() throws InterruptedException {
        if (profile == null || member == null) {
            throw new ParameterException(spec.commandLine(), "--profile and --member are needed");
        }
        PrintWriter out = spec.commandLine().getOut();
        StopSignal stop = StopSignal.install();
        HardwareProfile site = ProfileLoader.load(profile);
        try (MemberNode node = MemberNode.start(site, member, dir, discard, stop, out)) {
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

    /** Shows how the members are. */
    @Command(
            name = "status",
            description = {
                "Show how each member is, by asking each: also where nobody leads.",
                "Exit code 8 says that none leads, or that a majority does not answer."
            })
    static final class Status implements Callable<Integer> {
        private static final ObjectMapper JSON = new ObjectMapper();
        private static final long TIMEOUT_NS = TimeUnit.MILLISECONDS.toNanos(1_500);
        private static final String ROW = "%-7s %-22s %-10s %6s %16s %14s  %s%n";

        @Spec
        private CommandSpec spec;

        @Option(names = "--profile", required = true, paramLabel = "P", description = "Profile with the members.")
        private String profile;

        @Option(names = "--json", description = "Print it as JSON.")
        private boolean json;

        @Override
        public Integer call() {
            HardwareProfile site = ProfileLoader.load(profile);
            NamespaceConnection.checkPorts(site);
            List<MemberAddress> members = SiteNamespace.addresses(site.namespace());
            List<MemberStatus> found =
                    MemberSurvey.ask(members, NamespaceKeys.of(site).peerKey(), TIMEOUT_NS);
            if (json) {
                printJson(members, found);
            } else {
                print(members, found);
            }
            long taking =
                    found.stream().filter(status -> status.role().takesPart()).count();
            boolean isWell = leader(found).isPresent() && taking > members.size() / 2;
            return (isWell ? ExitCode.OK : ExitCode.UNAVAILABLE).code();
        }

        /** Of those who say that they lead the one of the latest term: a member that was cut off may not know yet. */
        private static Optional<MemberStatus> leader(List<MemberStatus> found) {
            return found.stream()
                    .filter(status -> status.role() == MemberStatus.Role.LEADER)
                    .max(Comparator.comparingLong(MemberStatus::voted));
        }

        private static Optional<MemberStatus> of(MemberAddress member, List<MemberStatus> found) {
            return found.stream()
                    .filter(status -> status.member().equals(member))
                    .findAny();
        }

        private void print(List<MemberAddress> members, List<MemberStatus> found) {
            PrintWriter out = spec.commandLine().getOut();
            out.printf(Locale.ROOT, ROW, "member", "address", "role", "voted", "committed", "log from", "note");
            for (MemberAddress member : members) {
                String address = member.host() + ":" + member.basePort();
                MemberStatus status = of(member, found).orElse(null);
                if (status == null) {
                    out.printf(Locale.ROOT, ROW, member.id(), address, "-", "-", "-", "-", "does not answer");
                } else if (!status.role().takesPart()) {
                    String note = status.role() == MemberStatus.Role.JOINING
                            ? "has no log yet: waits for the others, or copies"
                            : "does not know this secret, or is of another namespace";
                    out.printf(Locale.ROOT, ROW, member.id(), address, role(status), "-", "-", "-", note);
                } else {
                    out.printf(
                            Locale.ROOT,
                            ROW,
                            member.id(),
                            address,
                            role(status),
                            status.voted(),
                            String.format(Locale.ROOT, "%,d", status.position()),
                            String.format(Locale.ROOT, "%,d", status.logStart()),
                            note(status, found));
                }
            }
            out.flush();
        }

        private static String role(MemberStatus status) {
            return status.role().name().toLowerCase(Locale.ROOT);
        }

        private static String note(MemberStatus status, List<MemberStatus> found) {
            long behind = leader(found)
                    .map(leader -> leader.position() - status.position())
                    .orElse(0L);
            List<String> notes = new ArrayList<>();
            if (behind > 0) {
                notes.add(String.format(Locale.ROOT, "%,d bytes behind", behind));
            }
            if (status.isElecting()) {
                notes.add("election, or catches up");
            }
            if (status.strangers() > 0) {
                notes.add(String.format(Locale.ROOT, "%,d datagrams of strangers dropped", status.strangers()));
            }
            if (status.isSpaceLow()) {
                notes.add("DISK NEARLY FULL: what grows is refused");
            }
            return String.join("; ", notes);
        }

        private void printJson(List<MemberAddress> members, List<MemberStatus> found) {
            ObjectNode root = JSON.createObjectNode();
            leader(found).ifPresent(leader -> root.put("leader", leader.member().id()));
            ArrayNode array = root.putArray("members");
            for (MemberAddress member : members) {
                ObjectNode node = array.addObject()
                        .put("id", member.id())
                        .put("host", member.host())
                        .put("port", member.basePort());
                of(member, found)
                        .ifPresent(status -> node.put("role", role(status))
                                .put("voted", status.voted())
                                .put("committed", status.position())
                                .put("logStart", status.logStart())
                                .put("electing", status.isElecting())
                                .put("spaceLow", status.isSpaceLow())
                                .put("strangers", status.strangers()));
            }
            say(spec.commandLine().getOut(), root.toString());
        }
    }

    /** Makes a secret. */
    @Command(
            name = "secret",
            description = {
                "Make the secret that the members and clients of a namespace prove themselves with.",
                "Copy the file to all hosts, mode 0600; the profile names it as security.secretFile."
            })
    static final class Secret implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "FILE", description = "File to be made.")
        private Path file;

        @Override
        public Integer call() throws IOException {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "there is such a file already: " + file,
                        "name another; a secret that is in use is not to be lost");
            }
            SiteSecret.make(file.toAbsolutePath());
            say(spec.commandLine().getOut(), "made " + file + " (0600)");
            return ExitCode.OK.code();
        }
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

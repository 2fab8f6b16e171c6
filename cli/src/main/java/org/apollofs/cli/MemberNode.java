package org.apollofs.cli;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.FolderCheck;
import org.apollofs.namespace.cluster.FolderCondition;
import org.apollofs.namespace.cluster.MemberDriver;
import org.apollofs.namespace.cluster.MemberHost;
import org.apollofs.namespace.cluster.NamespaceMember;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.NamespaceProfile;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.apollofs.transport.aeron.seal.SealCounter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that is one member of the namespace: its folder's lock, a media driver, the member. Both are started again when they end by themselves. */
final class MemberNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemberNode.class);
    /** What the streams of a member take at most, about. */
    private static final long DRIVER_BYTES = 512L << 20;

    private final CloseStack stack = new CloseStack();
    private final AtomicReference<CommandFailure> failure = new AtomicReference<>();
    private final SiteFolder folder;
    private final StopSignal stop;
    private DriverKeeper<MediaDriver> driver;

    private MemberNode(SiteFolder folder, StopSignal stop) {
        this.folder = folder;
        this.stop = stop;
    }

    /** Starts the member as it is: see the other. */
    static MemberNode start(HardwareProfile profile, int id, Path dir, StopSignal stop, PrintWriter out) {
        return start(profile, id, dir, null, stop, out);
    }

    /**
     * Starts the member. It takes part on return, and may not be up to date yet.
     *
     * @param discard the namespace's id if the operator gives up what is missing of the member's folder, else null.
     * @param stop requested when the member cannot go on.
     * @throws CancellationException if the stop is requested while it waits for other members.
     */
    static MemberNode start(HardwareProfile profile, int id, Path dir, UUID discard, StopSignal stop, PrintWriter out) {
        NamespaceProfile namespace = profile.namespace();
        NamespaceProfile.Member self = namespace.members().stream()
                .filter(member -> member.id() == id)
                .findAny()
                .orElseThrow(() -> new CommandFailure(
                        ExitCode.PROFILE,
                        "the profile has no such member: member=" + id + ", profile=" + profile.source(),
                        "namespace.members says which there are"));
        if (self.port() == 0) {
            throw new CommandFailure(
                    ExitCode.PROFILE,
                    "a member that is a process of its own needs a port: member=" + id + ", profile="
                            + profile.source(),
                    "give namespace.members a port each, " + NamespaceProfile.Member.PORTS + " apart");
        }
        NamespaceKeys keys = NamespaceKeys.of(profile);
        SiteFolder folder = SiteFolder.of(dir.resolve("namespace").resolve(Integer.toString(id)));
        Path mark = dir.resolve("namespace-" + id + ".mark").toAbsolutePath();
        MemberNode node = new MemberNode(folder, stop);
        try {
            node.describe(namespace, self, out);
            node.assemble(namespace, keys, id, mark, discard, out);
            return node;
        } catch (IOException e) {
            node.stack.close();
            throw new UncheckedIOException(e.getMessage(), e);
        } catch (CancellationException e) {
            node.stack.close();
            // A part that has failed gives the start up too.
            node.checkHealthy();
            throw e;
        } catch (RuntimeException e) {
            // Before the lock is given back, and others may write.
            CommandFailure explained = Failures.ofMemberStart(folder.root(), e);
            node.stack.close();
            throw explained;
        }
    }

    private void assemble(
            NamespaceProfile profile, NamespaceKeys keys, int id, Path mark, UUID discard, PrintWriter out)
            throws IOException {
        PrivateFiles.begin();
        // Taking the lock makes the folder, which may be missing.
        stack.push(SiteLock.take(folder));
        if (discard != null) {
            checkDiscard(discard, FolderCheck.examine(folder.root(), mark, id));
        }
        PrivateFiles.mend(folder.root());
        AttentiveIdle idle = new AttentiveIdle(profile.members().size());
        DatagramSeal seal = keys.newSeal();
        driver = stack.push(DriverKeeper.launch(
                folder,
                DRIVER_BYTES,
                (directory, onEnd) -> MediaDriver.launch(seal.install(
                        MemberDriver.ofMember(directory, idle, DriverKeeper.threads("apollo-driver", onEnd)))),
                this::onFailure));
        // Once: what a start finds missing that is made while the process runs was not what the operator meant.
        AtomicBoolean isGivenUp = new AtomicBoolean(discard != null);
        stack.push(MemberHost.launch(
                (aeronDirectory, failureHandler) -> NamespaceMember.launch(SiteNamespace.context(profile)
                        .directory(folder.root())
                        .memberId(id)
                        .markFile(mark)
                        .discard(isGivenUp.getAndSet(false))
                        .peerKey(keys.peerKey())
                        .strangers(() -> seal.counters().get(SealCounter.STRANGERS))
                        .aeronDirectory(aeronDirectory)
                        .idle(idle)
                        .threadFactory(SiteNamespace.threads("apollo-namespace"))
                        .progress(line -> say(out, line))
                        .cancellation(stop::isRequested)
                        .failureHandler(failureHandler)),
                driver,
                SiteNamespace.threads("apollo-namespace-host"),
                this::onFailure,
                line -> say(out, line),
                stop::isRequested));
    }

    private static void say(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }

    private static void checkDiscard(UUID discard, FolderCondition found) {
        if (!found.isRefused()) {
            throw new CommandFailure(
                    ExitCode.USAGE, "--discard has nothing to give up: the member's folder is whole", "leave it out");
        }
        if (!discard.equals(found.namespaceId())) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--discard names another namespace: found=" + discard + ", this is " + found.namespaceId(),
                    String.valueOf(found.what()));
        }
    }

    private void describe(NamespaceProfile profile, NamespaceProfile.Member self, PrintWriter out) {
        int last = self.port() + NamespaceProfile.Member.PORTS - 1;
        out.println("namespace member " + self.id() + " of " + profile.members().size() + ", " + self.host() + ":"
                + self.port() + "-" + last + " (UDP)");
        out.println("file sync level " + profile.fileSyncLevel() + ": "
                + switch (profile.fileSyncLevel()) {
                    case 0 -> "the log is written and NOT synced; a power cut loses what was acknowledged";
                    case 1 -> "durable; a command counts once its log data is synced (fdatasync)";
                    default -> "durable; a command counts once its log data and metadata are synced (fsync)";
                });
        out.flush();
    }

    /** @throws CommandFailure if the member has failed, which is why it stops. */
    void checkHealthy() {
        CommandFailure failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    private CommandFailure explained(Throwable cause) {
        return Failures.ofMember(folder.root(), cause, "what was acknowledged is safe; start it again");
    }

    private void onFailure(Throwable cause) {
        CommandFailure explained = explained(cause);
        if (failure.compareAndSet(null, explained)) {
            LOG.error("namespace member failed, it stops", cause);
            if (stop.isOfProcess() && NamespaceMember.isOfBrokenDisk(explained)) {
                LastWord.sayUnlessEnded(explained);
            }
        } else {
            LOG.warn("namespace member failed too: {}", Failures.describe(cause));
        }
        stop.request();
    }

    /** For tests: ends the media driver, which must run. */
    void endDriver() {
        driver.driver().close();
    }

    @Override
    public void close() {
        stack.close();
    }
}

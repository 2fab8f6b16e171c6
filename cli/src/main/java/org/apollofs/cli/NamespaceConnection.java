package org.apollofs.cli;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.IoUtil;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.DriverSource;
import org.apollofs.namespace.cluster.MemberDriver;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.NamespaceProfile;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A session of a namespace, from another process than its members. */
final class NamespaceConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NamespaceConnection.class);
    private static final long SITE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);
    /** A command's call: its operator waits, and a member that is started again takes some seconds. */
    private static final long CALL_NS = TimeUnit.SECONDS.toNanos(60);

    private static final long MEMBERS_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);

    /** The driver of a site's process, of which the site's folder says where it is. */
    private record ForeignDriver(SiteFolder folder) implements DriverSource {
        private static final Pattern PID = Pattern.compile("apollo-(\\d+)-.*");

        @Override
        public String directory() {
            try {
                String directory = Files.readString(folder.driver()).strip();
                return isGone(directory) ? null : directory;
            } catch (IOException e) {
                LOG.debug("the site has no media driver: {}", e.getMessage());
                return null;
            }
        }

        @Override
        public boolean isGone(String directory) {
            Matcher name = PID.matcher(Path.of(directory).getFileName().toString());
            return name.matches()
                    && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty();
        }

        @Override
        public boolean isInProcess() {
            return false;
        }
    }

    private final CloseStack stack;
    private final ClusterNamespace namespace;

    private NamespaceConnection(CloseStack stack, ClusterClientContext context) {
        this.stack = stack;
        namespace = stack.push(ClusterNamespace.connect(context));
    }

    /**
     * Connects to a running site on this machine, through its media driver; when the site is started again, through its next one.
     *
     * @throws CommandFailure if it does not run.
     */
    static NamespaceConnection ofSite(SiteFolder folder) {
        // Says in words if there is no such site, or it is not running.
        ControlClient.ask(folder, "connect");
        return new NamespaceConnection(
                new CloseStack(),
                new ClusterClientContext()
                        .driver(new ForeignDriver(folder))
                        .connectTimeoutNs(SITE_TIMEOUT_NS)
                        .deadlineNs(CALL_NS)
                        .threadFactory(SiteNamespace.threads("apollo-kv")));
    }

    /**
     * Connects over UDP to the one that leads of members that are processes of their own, with a media driver for it alone.
     *
     * @throws CommandFailure if the profile's member is part of a site.
     */
    static NamespaceConnection ofMembers(HardwareProfile profile) {
        NamespaceProfile namespace = profile.namespace();
        checkPorts(profile);
        NamespaceKeys keys = NamespaceKeys.of(profile);
        DatagramSeal seal = keys.newSeal();
        AttentiveIdle idle = new AttentiveIdle(namespace.members().size());
        CloseStack stack = new CloseStack();
        try {
            Path folder = temporaryFolder(stack);
            MediaDriver driver = stack.push(MediaDriver.launch(seal.install(
                    MemberDriver.ofClients(folder.resolve("driver"), idle, SiteNamespace.threads("apollo-driver")))));
            return new NamespaceConnection(
                    stack,
                    new ClusterClientContext()
                            .aeronDirectory(driver.aeronDirectoryName())
                            .members(SiteNamespace.addresses(namespace))
                            .idle(idle)
                            .leaseNs(TimeUnit.MILLISECONDS.toNanos(namespace.sessionTimeoutMs()))
                            .deadlineNs(CALL_NS)
                            .connectTimeoutNs(MEMBERS_TIMEOUT_NS)
                            .threadFactory(SiteNamespace.threads("apollo-namespace-client")));
        } catch (RuntimeException e) {
            stack.close();
            if (seal.refusedBy() != null) {
                throw new CommandFailure(
                        ExitCode.PERMISSION,
                        "the namespace's members do not know this secret, or are of another namespace: by="
                                + seal.refusedBy() + ", secretFile=" + keys.secretFile() + ", profile="
                                + profile.profile(),
                        "use the profile and the secret that the members were started with",
                        e);
            }
            throw e instanceof NamespaceException nobody && nobody.error() == NamespaceError.UNAVAILABLE
                    ? new CommandFailure(
                            ExitCode.UNAVAILABLE,
                            "no member of the namespace that leads answers: members="
                                    + namespace.members().stream()
                                            .map(member -> member.host() + ":" + member.port())
                                            .toList(),
                            "start a majority of them: apollo namespace --profile P --member I",
                            e)
                    : e;
        }
    }

    /** @throws CommandFailure if the profile's members have no ports. */
    static void checkPorts(HardwareProfile profile) {
        if (profile.namespace().members().stream().anyMatch(member -> member.port() == 0)) {
            throw new CommandFailure(
                    ExitCode.PROFILE,
                    "the namespace's member has no port, as within a site: profile=" + profile.source(),
                    "talk to the site: kv and log take its folder as --dir, and 'apollo status' shows how it is");
        }
    }

    /** Gone with the stack, or with the process, whichever ends first. */
    private static Path temporaryFolder(CloseStack stack) {
        Path folder;
        try {
            folder = Files.createTempDirectory("apollo-");
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary folder can be made", e);
        }
        Runnable delete = () -> IoUtil.delete(folder.toFile(), true);
        Thread hook = new Thread(delete, "apollo-clean");
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            stack.push(() -> removeHook(hook));
        } catch (IllegalStateException e) {
            LOG.debug("the process ends already, and closes what it opens: {}", e.getMessage());
        }
        stack.push(delete::run);
        return folder;
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            LOG.debug("the process ends, and deletes it once more: {}", e.getMessage());
        }
    }

    ClusterNamespace namespace() {
        return namespace;
    }

    ChangeLog changeLog() {
        return namespace.changeLog();
    }

    KeyValue keyValue() {
        return namespace.keyValue();
    }

    @Override
    public void close() {
        stack.close();
    }
}

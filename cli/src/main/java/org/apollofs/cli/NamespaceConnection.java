package org.apollofs.cli;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;
import org.apollofs.namespace.cluster.MemberDriver;
import org.apollofs.profile.NamespaceProfile;

/** A session of a namespace whose members are processes of their own, over UDP, with a media driver for it alone. */
final class NamespaceConnection implements AutoCloseable {
    private static final long CONNECT_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(15);

    private final MediaDriver driver;
    private final ClusterNamespace namespace;

    private NamespaceConnection(MediaDriver driver, ClusterNamespace namespace) {
        this.driver = driver;
        this.namespace = namespace;
    }

    /** Connects to the member that leads. */
    static NamespaceConnection open(NamespaceProfile profile) {
        AttentiveIdle idle = new AttentiveIdle(profile.members().size());
        Path folder;
        try {
            folder = Files.createTempDirectory("apollo-");
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary folder can be made", e);
        }
        MediaDriver driver = MediaDriver.launch(
                MemberDriver.context(folder.resolve("driver"), idle, SiteNamespace.threads("apollo-driver"))
                        .dirDeleteOnShutdown(true));
        try {
            return new NamespaceConnection(
                    driver,
                    ClusterNamespace.connect(new ClusterClientContext()
                            .aeronDirectory(driver.aeronDirectoryName())
                            .members(SiteNamespace.addresses(profile))
                            .idle(idle)
                            .leaseNs(TimeUnit.MILLISECONDS.toNanos(profile.sessionTimeoutMs()))
                            .deadlineNs(TimeUnit.MILLISECONDS.toNanos(profile.requestTimeoutMs()))
                            .connectTimeoutNs(CONNECT_TIMEOUT_NS)
                            .threadFactory(SiteNamespace.threads("apollo-namespace-client"))));
        } catch (RuntimeException e) {
            close(driver);
            throw e;
        }
    }

    ClusterNamespace namespace() {
        return namespace;
    }

    private static void close(MediaDriver driver) {
        driver.close();
        try {
            Files.deleteIfExists(Path.of(driver.aeronDirectoryName()).getParent());
        } catch (IOException e) {
            throw new UncheckedIOException("the driver's folder cannot be deleted", e);
        }
    }

    @Override
    public void close() {
        namespace.close();
        close(driver);
    }
}

package org.apollofs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.TimeUnit;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.cluster.ClusterClientContext;
import org.apollofs.namespace.cluster.ClusterNamespace;

/** A session of the namespace of a running site, from another process on its machine: through the site's media driver. */
final class SiteConnection implements AutoCloseable {
    private static final long CONNECT_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);

    private final ClusterNamespace namespace;

    private SiteConnection(ClusterNamespace namespace) {
        this.namespace = namespace;
    }

    /** @throws CommandFailure if there is no site or it does not run. */
    static SiteConnection open(SiteFolder folder) {
        JsonNode answer = ControlClient.ask(folder, "connect");
        return new SiteConnection(ClusterNamespace.connect(new ClusterClientContext()
                .aeronDirectory(answer.get("aeronDirectory").asText())
                .connectTimeoutNs(CONNECT_TIMEOUT_NS)
                .threadFactory(SiteNamespace.threads("apollo-kv"))));
    }

    ChangeLog changeLog() {
        return namespace.changeLog();
    }

    KeyValue keyValue() {
        return namespace.keyValue();
    }

    @Override
    public void close() {
        namespace.close();
    }
}

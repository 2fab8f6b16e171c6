package org.apollofs.cli;

import java.util.function.Supplier;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.perf.durability.KeyAccess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keys of a namespace whose processes come and go: one connection for all threads, made anew when it is of no use any more. */
final class ReconnectingKeys implements KeyAccess {
    private static final Logger LOG = LoggerFactory.getLogger(ReconnectingKeys.class);

    private final Supplier<NamespaceConnection> connector;
    private NamespaceConnection connection;

    /** @param connector opens a connection, or throws what {@link Failures} explains. */
    ReconnectingKeys(Supplier<NamespaceConnection> connector) {
        this.connector = connector;
    }

    @Override
    public synchronized KeyValue keys() {
        if (connection == null) {
            try {
                connection = connector.get();
            } catch (RuntimeException e) {
                throw new NamespaceException(
                        NamespaceError.UNAVAILABLE,
                        "no connection: " + Failures.explain(e).getMessage());
            }
        }
        return connection.keyValue();
    }

    @Override
    public void lost(KeyValue keys) {
        NamespaceConnection left;
        synchronized (this) {
            if (connection == null || connection.keyValue() != keys) {
                return; // another thread's call failed first
            }
            left = connection;
            connection = null;
        }
        close(left);
    }

    /** What has failed may fail once more when it is ended. */
    private static void close(NamespaceConnection left) {
        try {
            left.close();
        } catch (RuntimeException e) {
            LOG.info("a connection that was lost could not be ended: {}", Failures.describe(e));
        }
    }

    @Override
    public synchronized void close() {
        if (connection != null) {
            close(connection);
            connection = null;
        }
    }
}

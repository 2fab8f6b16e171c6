package org.apollofs.cli;

import java.util.function.Supplier;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.perf.durability.KeyAccess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys of a namespace whose processes come and go: one connection for all threads, made anew when it is of no use any more. The
 * old one ends when the last thread that uses it lets it go.
 */
final class ReconnectingKeys implements KeyAccess {
    private static final Logger LOG = LoggerFactory.getLogger(ReconnectingKeys.class);

    private final Supplier<NamespaceConnection> connector;
    /** New uses get this one; null if the next has to connect. Under this object's lock, as its count of users. */
    private Shared current;

    /** A connection and who uses it. */
    private static final class Shared {
        private final NamespaceConnection connection;
        private int users;

        Shared(NamespaceConnection connection) {
            this.connection = connection;
        }
    }

    /** @param connector opens a connection, or throws what {@link Failures} explains. */
    ReconnectingKeys(Supplier<NamespaceConnection> connector) {
        this.connector = connector;
    }

    @Override
    public synchronized Use use() {
        if (current == null) {
            try {
                current = new Shared(connector.get());
            } catch (RuntimeException e) {
                throw new NamespaceException(
                        NamespaceError.UNAVAILABLE,
                        "no connection: " + Failures.explain(e).getMessage());
            }
        }
        current.users++;
        return new SharedUse(current);
    }

    private synchronized void forget(Shared shared) {
        current = current == shared ? null : current;
    }

    private void letGo(Shared shared) {
        boolean isOver;
        synchronized (this) {
            shared.users--;
            isOver = shared.users == 0 && shared != current;
        }
        if (isOver) {
            end(shared.connection);
        }
    }

    /** What has failed may fail once more when it is ended. */
    private static void end(NamespaceConnection left) {
        try {
            left.close();
        } catch (RuntimeException e) {
            LOG.info("a connection that was lost could not be ended: {}", Failures.describe(e));
        }
    }

    @Override
    public synchronized void close() {
        if (current != null && current.users == 0) {
            end(current.connection);
        }
        current = null;
    }

    /** One thread's. */
    private final class SharedUse implements Use {
        private final Shared shared;

        SharedUse(Shared shared) {
            this.shared = shared;
        }

        @Override
        public KeyValue keys() {
            return shared.connection.keyValue();
        }

        @Override
        public void lost() {
            forget(shared);
        }

        @Override
        public void close() {
            letGo(shared);
        }
    }
}

package org.apollofs.perf.durability;

import org.apollofs.namespace.client.KeyValue;

/** How a load comes by the keys of a site that may go away and come back. Thread-safe. */
public interface KeyAccess extends AutoCloseable {
    /**
     * Keys to work with for a call or a few; connects if there is no connection, and waits for it a while.
     *
     * @throws org.apollofs.namespace.client.NamespaceException UNAVAILABLE: there is none. Nothing was sent.
     */
    Use use();

    @Override
    void close();

    /** One thread's use of a connection, which lives as long as anybody uses it. */
    interface Use extends AutoCloseable {
        /** What the calls go to. */
        KeyValue keys();

        /** A call has failed so that nobody should use this connection again. */
        void lost();

        @Override
        void close();
    }
}

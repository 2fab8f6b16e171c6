package org.apollofs.perf.durability;

import org.apollofs.namespace.client.KeyValue;

/** How a load comes by the keys of a site that may go away and come back. Thread-safe. */
public interface KeyAccess extends AutoCloseable {
    /**
     * Keys to work with; connects if there is no connection, and waits for it a while.
     *
     * @throws org.apollofs.namespace.client.NamespaceException UNAVAILABLE: there is none. Nothing was sent.
     */
    KeyValue keys();

    /** A call on these has failed, and they are to be had anew. */
    void lost(KeyValue keys);

    @Override
    void close();
}

package org.apollofs.dataplane.client;

/** Told how far a write has come while it goes on. */
@FunctionalInterface
public interface WriteListener {
    /** Nobody waits. */
    WriteListener NONE = () -> {};

    /**
     * The bytes have their place: this host's readers see them, in the order of the calls. What is left (checksums, parity,
     * sending) is the caller's thread's work, but need not be waited for by whoever asked for the write; its failures are
     * told by the next write, fsync or flush.
     */
    void onPlaced();
}

package org.apollofs.namespace.cluster;

/** What a member tells the others of itself when they ask. Any thread. */
interface PeerState {
    /** The latest term that it has voted in, -1 for none. */
    long vote();

    /** Position from which on it has the log, 0 if it does not know. */
    long logStart();

    /** Flags of a {@link PeerMessage#STATUS}. */
    int flags();

    /** Position up to which it knows the log to be committed. */
    long position();

    /** Datagrams that its media driver has dropped because they had no valid seal. */
    long strangers();
}

package org.apollofs.perf.kv;

/**
 * One client with many operations under way, answered in the order they were sent. One thread calls.
 */
public interface KvClient extends AutoCloseable {
    /** The operation is under way. */
    int SENT = 1;
    /** The operation was answered at once: it does not count in {@link #answered()}. */
    int DONE = 2;
    /** The operation was not taken: it is to be tried again after {@link #work()}. */
    int REFUSED = -1;

    /**
     * Sends an operation, if there is room.
     *
     * @param isGet or a put.
     * @param key which one.
     * @return {@link #SENT}, {@link #DONE} or {@link #REFUSED}.
     */
    int send(boolean isGet, int key);

    /** Does the client's own work. @return whether there was any. */
    boolean work();

    /** Operations answered so far of those that were {@link #SENT}: the oldest ones. */
    long answered();

    /** Waits for work as the client's threads do. @param work whether there was some just now. */
    void idle(boolean work);

    @Override
    void close();
}

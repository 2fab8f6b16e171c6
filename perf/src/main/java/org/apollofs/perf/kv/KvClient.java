package org.apollofs.perf.kv;

/**
 * One client with many operations under way: commands are answered in the order they were sent, and so are questions. One thread calls.
 */
public interface KvClient extends AutoCloseable {
    /** The operation is under way, in the order of commands. */
    int SENT = 1;
    /** The operation is under way, in the order of questions. */
    int ASKED = 2;
    /** The operation was answered at once. */
    int DONE = 3;
    /** The operation was not taken: it is to be tried again after {@link #work()}. */
    int REFUSED = -1;

    /**
     * Sends an operation, if there is room.
     *
     * @param isGet or a put.
     * @param key which one.
     * @return {@link #SENT}, {@link #ASKED}, {@link #DONE} or {@link #REFUSED}.
     */
    int send(boolean isGet, int key);

    /** Does the client's own work. @return whether there was any. */
    boolean work();

    /** Operations answered so far of those that were {@link #SENT}, or {@link #ASKED}: the oldest ones. */
    long answered(int status);

    /** Waits for work as the client's threads do. @param work whether there was some just now. */
    void idle(boolean work);

    @Override
    void close();
}

package org.apollofs.fuse;

import java.nio.file.Path;

/**
 * One mounted file system. Made by {@code Backends.mount}, which returns once the kernel has the mount; it answers as soon
 * as {@link #workerCount()} threads run {@link #worker}.
 *
 * <p>To stop: {@link #unmount()}, join the worker threads (they end by themselves), {@link #close()}, and only then close
 * the data client: the workers hold slabs of it. Any thread may unmount.
 */
public interface FuseMount extends AutoCloseable {
    /** "kernel" or "jnr". */
    String backend();

    /** Where it is mounted: absolute. */
    Path mountPoint();

    /** What the kernel and the mount agreed on, in one line for logs. */
    String description();

    /** Threads that must run {@link #worker}. */
    int workerCount();

    /**
     * The loop of one worker, to be run once, on a thread of its own. It returns when the file system is unmounted, by
     * {@link #unmount()} or by somebody else.
     */
    Runnable worker(int index);

    /** How long the request that was begun first of those under way has waited, in ns of the context's clock; 0: none is. */
    long oldestRequestNs();

    /** Whether the kernel still has the mount. */
    boolean isMounted();

    /**
     * Unmounts. A mount that programs still use is given some time, then aborted and detached, which is logged: what they
     * wrote without closing is still in the data client.
     *
     * @throws MountException if the kernel refuses.
     */
    void unmount();

    /**
     * Ends the connection to the kernel without unmounting: the workers end, and programs get ENOTCONN until somebody mounts
     * there again or takes the dead mount away. {@link #close()} leaves it so.
     *
     * @return whether it could be ended; else unmount.
     */
    boolean abort();

    /** Unmounts if need be, and frees what the workers leave. The worker threads must have ended. */
    @Override
    void close();
}

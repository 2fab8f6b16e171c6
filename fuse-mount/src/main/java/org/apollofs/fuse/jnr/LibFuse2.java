package org.apollofs.fuse.jnr;

import jnr.ffi.Pointer;
import jnr.ffi.types.size_t;
import ru.serce.jnrfuse.struct.FuseOperations;

/**
 * The calls of libfuse 2.9 (fuse.h) that jnr-fuse leaves out. With them the request loop runs on our own threads: fuse_main
 * would start its own, and each callback on such a thread attaches to the virtual machine and detaches.
 */
public interface LibFuse2 {
    /**
     * Parses arguments, mounts and makes the file system, as fuse_main does before its loop.
     *
     * @param mountPoint where a char pointer to the mount point goes.
     * @param multithreaded where an int goes.
     * @return the file system, or null; the cause is on standard error.
     */
    Pointer fuse_setup(
            int count,
            Pointer arguments,
            FuseOperations operations,
            @size_t long operationsLength,
            Pointer mountPoint,
            Pointer multithreaded,
            Pointer data);

    /** The session of a file system. */
    Pointer fuse_get_session(Pointer fuse);

    /** The session's channel. @param previous null for the first. */
    Pointer fuse_session_next_chan(Pointer session, Pointer previous);

    /** Bytes that a buffer for {@link #fuse_chan_recv} needs. */
    @size_t
    long fuse_chan_bufsize(Pointer channel);

    /**
     * Waits for a request.
     *
     * @param channel where the channel stands.
     * @return its bytes, 0 once unmounted, or -errno.
     */
    int fuse_chan_recv(Pointer channel, Pointer buffer, @size_t long length);

    /** Answers a request through the callbacks. */
    void fuse_session_process(Pointer session, Pointer buffer, @size_t long length, Pointer channel);

    /** Non-zero once unmounted. */
    int fuse_session_exited(Pointer session);

    /** Unmounts if that was not done, and frees all that fuse_setup made. */
    void fuse_teardown(Pointer fuse, Pointer mountPoint);
}

package org.apollofs.fuse.jnr;

import jnr.ffi.Pointer;
import jnr.ffi.types.size_t;
import ru.serce.jnrfuse.struct.FuseOperations;

/**
 * The calls of libfuse 2.9 (fuse.h, fuse_lowlevel.h) that jnr-fuse leaves out. With them the request loop runs on our own
 * threads: fuse_main would start its own, and each callback on such a thread attaches to the virtual machine and detaches.
 */
public interface LibFuse2 {
    /** Mounts. @return the channel, or null; the cause is on standard error. */
    Pointer fuse_mount(String mountPoint, Pointer arguments);

    /** Unmounts if that was not done, and frees the channel. */
    void fuse_unmount(String mountPoint, Pointer channel);

    /** Makes the file system of a channel, or returns null. */
    Pointer fuse_new(
            Pointer channel, Pointer arguments, FuseOperations operations, @size_t long operationsLength, Pointer data);

    /** The session of a file system. */
    Pointer fuse_get_session(Pointer fuse);

    /** Serves requests until the session ends. Several threads may. */
    int fuse_session_loop(Pointer session);

    /** Frees a file system and its session. */
    void fuse_destroy(Pointer fuse);

    /** Frees what parsing the arguments allocated. */
    void fuse_opt_free_args(Pointer arguments);
}

package org.apollofs.profile;

/**
 * The file system.
 *
 * @param maxWrite largest write request in bytes.
 * @param workers threads that serve requests, and may wait.
 * @param maxBackground asynchronous requests that the kernel keeps under way.
 * @param attributeTimeoutMs how long the kernel may keep attributes and names.
 * @param errorAfterMs how long a request waits for targets or members that do not answer before the program is told.
 */
public record MountProfile(
        Backend backend, int maxWrite, int workers, int maxBackground, int attributeTimeoutMs, long errorAfterMs) {
    MountProfile withBackend(Backend other) {
        return new MountProfile(other, maxWrite, workers, maxBackground, attributeTimeoutMs, errorAfterMs);
    }

    /** Who speaks to the kernel. */
    public enum Backend {
        /** The kernel backend where it can, else jnr. */
        AUTO,
        /** The FUSE protocol on /dev/fuse. */
        KERNEL,
        /** libfuse2 through jnr-fuse. */
        JNR
    }
}

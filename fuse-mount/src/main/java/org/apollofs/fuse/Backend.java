package org.apollofs.fuse;

/** How a mount speaks to the kernel. */
public enum Backend {
    /** {@link #KERNEL} where it can, else {@link #JNR}. */
    AUTO,
    /** The protocol itself, on /dev/fuse. */
    KERNEL,
    /** jnr-fuse on libfuse 2. */
    JNR
}

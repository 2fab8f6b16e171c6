package org.apollofs.io.device;

/** What carries out the operations of a {@link BlockDevice}. */
public enum Backend {
    /** io_uring where the kernel lets us, else FileChannel; the device's description says why. */
    AUTO,
    /** io_uring or an error. */
    URING,
    /** FileChannel with O_DIRECT, synchronous inside submit. */
    FILE_CHANNEL
}

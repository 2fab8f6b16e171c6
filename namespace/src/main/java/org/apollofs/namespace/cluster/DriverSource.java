package org.apollofs.namespace.cluster;

/**
 * Where the media driver is that a client goes through. A driver may end and be started again elsewhere: in this process, or with
 * another one that runs the site.
 *
 * <p>Called by the client's thread; must not wait.
 */
public interface DriverSource {
    /** Folder of the driver that runs now; null while none does. */
    String directory();

    /** Whether the driver of a folder is known to be gone, though it has said nothing. Asked about once a second. */
    default boolean isGone(String directory) {
        return false;
    }

    /** Whether it runs in this process, where nobody is gone by the clock. */
    default boolean isInProcess() {
        return true;
    }

    /** A driver of this process that stays where it is. */
    static DriverSource of(String directory) {
        return () -> directory;
    }
}

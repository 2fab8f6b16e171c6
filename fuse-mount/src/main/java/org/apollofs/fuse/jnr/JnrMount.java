package org.apollofs.fuse.jnr;

import org.apollofs.fuse.FuseMount;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountException;

/** A mount through libfuse 2. */
public final class JnrMount {
    private JnrMount() {}

    /** Whether libfuse 2 is on this machine. */
    public static boolean isAvailable() {
        return false;
    }

    /** Mounts. @throws MountException. */
    public static FuseMount mount(MountContext context) {
        if (!isAvailable()) {
            throw new MountException(
                    MountException.Reason.NOT_AVAILABLE, "not supported: backend jnr: path=" + context.mountPoint());
        }
        return null;
    }
}

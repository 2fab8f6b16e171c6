package org.apollofs.fuse.backend;

import org.apollofs.fuse.FuseMount;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountException;
import org.apollofs.fuse.jnr.JnrMount;
import org.apollofs.fuse.kernel.KernelMount;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses how to mount. */
public final class Backends {
    private static final Logger LOG = LoggerFactory.getLogger(Backends.class);

    private Backends() {}

    /**
     * Concludes the context and mounts with the backend it asks for.
     *
     * @return the mount; nothing answers on it until its workers run.
     * @throws MountException with one line that says what is missing and what to do.
     */
    public static FuseMount mount(MountContext context) {
        context.conclude();
        return switch (context.backend()) {
            case KERNEL -> KernelMount.mount(context);
            case JNR -> JnrMount.mount(context);
            case AUTO -> mountAny(context);
        };
    }

    private static FuseMount mountAny(MountContext context) {
        try {
            return KernelMount.mount(context);
        } catch (MountException e) {
            if (e.reason() != MountException.Reason.NOT_PERMITTED || !JnrMount.isAvailable()) {
                throw e;
            }
            LOG.info("mount: backend kernel: {}: trying jnr", e.getMessage());
            return JnrMount.mount(context);
        }
    }
}

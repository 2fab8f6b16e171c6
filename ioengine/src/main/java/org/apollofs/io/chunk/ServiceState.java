package org.apollofs.io.chunk;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a store still takes changes. Leaving service is final: after a failed write the device cannot be trusted, and after
 * a failed sync nobody knows what it holds, so asking again proves nothing. Reads go on.
 *
 * <p>Changed by the store's thread; read by any.
 */
final class ServiceState {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceState.class);

    private final int targetId;
    private volatile String reason;
    private boolean syncFailed;

    ServiceState(int targetId) {
        this.targetId = targetId;
    }

    /** Takes no more changes. The first reason stays. */
    void leave(String what) {
        if (reason == null) {
            reason = what;
            LOG.error("target out of service: target={}: {}", targetId, what);
        }
    }

    /** Takes no more changes, and nothing that is not durable yet ever will be. */
    void leaveUnsynced(String what) {
        syncFailed = true;
        leave(what);
    }

    boolean isInService() {
        return reason == null;
    }

    /** Whether a sync failed. Store's thread only. */
    boolean isSyncFailed() {
        return syncFailed;
    }

    /** One line, or null in service. */
    String reason() {
        return reason;
    }

    int targetId() {
        return targetId;
    }
}

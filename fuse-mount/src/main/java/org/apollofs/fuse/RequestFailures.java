package org.apollofs.fuse;

import static org.apollofs.fuse.MountCounters.Counter.BUGS;
import static org.apollofs.fuse.MountCounters.Counter.STORAGE_FAULTS;

import java.util.function.Consumer;
import org.agrona.ErrorHandler;
import org.apollofs.io.os.Errno;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens when a request fails: the caller gets a number, and an operator a line if the storage is to blame. A bug is
 * handed to the context's error handler and fails the request with EIO. Any thread.
 */
public final class RequestFailures {
    private static final Logger LOG = LoggerFactory.getLogger(RequestFailures.class);

    private final MountCounters counters;
    private final ErrorHandler errorHandler;
    private final Consumer<String> faultListener;

    public RequestFailures(MountContext context) {
        counters = context.counters();
        errorHandler = context.errorHandler();
        faultListener = context.faultListener();
    }

    /** @param request kind of request, for the line. @return positive error number. */
    public int onFailure(RuntimeException failure, String request) {
        int errno = ErrorNumbers.of(failure);
        if (errno == ErrorNumbers.BUG) {
            onBug(failure);
            return Errno.EIO;
        }
        if (ErrorNumbers.isStorageFault(errno)) {
            counters.increment(STORAGE_FAULTS);
            LOG.warn(
                    "request failed: request={}, errno={}, cause={}", request, Errno.name(errno), failure.getMessage());
            faultListener.accept(request + ": " + Errno.name(errno) + ": " + failure.getMessage());
        } else if (LOG.isDebugEnabled()) {
            LOG.debug(
                    "request refused: request={}, errno={}, cause={}",
                    request,
                    Errno.name(errno),
                    failure.getMessage());
        }
        return errno;
    }

    /** Counts a bug and tells the error handler. */
    public void onBug(RuntimeException failure) {
        counters.increment(BUGS);
        errorHandler.onError(failure);
    }
}

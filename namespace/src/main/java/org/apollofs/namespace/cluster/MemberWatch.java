package org.apollofs.namespace.cluster;

import io.aeron.cluster.service.ClusterTerminationException;
import io.aeron.exceptions.AeronException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.agrona.concurrent.AgentTerminationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what goes wrong in the parts of one member, and tells what went wrong first: what ends after it ends because of it. Any
 * thread.
 *
 * <p>While the member starts, the starting thread is told, and woken by an interrupt: it may be waiting for the part that has failed.
 * Then the failure handler is, until the member stops.
 */
final class MemberWatch {
    private static final Logger LOG = LoggerFactory.getLogger(MemberWatch.class);

    private final Path directory;
    private final Consumer<Throwable> failureHandler;
    private final AtomicInteger running;
    private final int parts;
    private final AtomicReference<Throwable> firstError = new AtomicReference<>();
    private final AtomicReference<Throwable> startFailure = new AtomicReference<>();
    private volatile boolean isStopping;
    /** Null once the member has started. Guarded by this. */
    private Thread starter = Thread.currentThread();

    /**
     * For a member that the calling thread starts.
     *
     * @param parts that say when they end.
     */
    MemberWatch(Path directory, Consumer<Throwable> failureHandler, int parts) {
        this.directory = directory;
        this.failureHandler = failureHandler;
        this.parts = parts;
        running = new AtomicInteger(parts);
    }

    /** Whether all parts run. */
    boolean areRunning() {
        return running.get() == parts;
    }

    /** Whether none does. */
    boolean haveEnded() {
        return running.get() == 0;
    }

    /** A part has ended: because of a stop, or because it cannot go on. */
    void onEnded(String which) {
        running.decrementAndGet();
        fail(new PartEndedException(which + " of the namespace has stopped: directory=" + directory, firstError.get()));
    }

    /** Of all parts' threads. An {@link Error} ends the thread, and of the archive's nobody else would hear. */
    void onError(Throwable e) {
        if (e instanceof ClusterTerminationException termination && termination.isExpected()) {
            LOG.debug("namespace member: {}", e.getMessage());
        } else if (e instanceof AeronException aeron && aeron.category() == AeronException.Category.WARN) {
            LOG.warn("namespace member: {}", e.getMessage());
        } else if (isStopping) {
            LOG.debug("namespace member, which stops", e);
        } else {
            firstError.compareAndSet(null, e);
            LOG.error("namespace member", e);
            if (e instanceof Error || MemberFailure.isBroken(e)) {
                fail(e);
            } else if (e instanceof AgentTerminationException) {
                fail(new PartEndedException("a part of the namespace's member has stopped", e));
            }
        }
    }

    /** The member cannot go on. */
    void fail(Throwable failure) {
        if (isStopping) {
            return;
        }
        Throwable told = MemberFailure.of(failure, directory);
        synchronized (this) {
            if (starter != null) {
                startFailure.compareAndSet(null, told);
                starter.interrupt();
                return;
            }
        }
        failureHandler.accept(told);
    }

    /** The member has started. @throws RuntimeException if something went wrong by now. */
    void started() {
        synchronized (this) {
            starter = null;
        }
        if (startFailure.get() != null) {
            throw new IllegalStateException("a part of the namespace's member has failed", startFailure.get());
        }
    }

    /**
     * The start is given up, and nothing is told from now on.
     *
     * @param thrown by the starting thread, which is the calling one.
     * @return what went wrong first.
     */
    RuntimeException startFailed(Throwable thrown) {
        synchronized (this) {
            starter = null;
        }
        isStopping = true;
        Throwable first = startFailure.get();
        if (first == null) {
            first = MemberFailure.of(thrown, directory);
        } else if (Thread.interrupted()) {
            LOG.debug("the start of a member was interrupted, to end it");
        }
        if (first instanceof RuntimeException failure) {
            return failure;
        }
        return first instanceof IOException io
                ? new UncheckedIOException(io.getMessage(), io)
                : new IllegalStateException("namespace member cannot be started: " + first, first);
    }

    /** The member stops: its parts end, and what they say of it is not told. */
    void stop() {
        isStopping = true;
    }
}

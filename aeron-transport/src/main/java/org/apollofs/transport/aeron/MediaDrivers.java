package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * Settings of media drivers and clients as Apollo wants them: one embedded driver carries the lanes and the namespace's
 * cluster. What only lanes need (large terms, frames of 64 KiB) stands in the lanes' own channels, so that the cluster's
 * many small streams stay small. Stateless; the caller launches and closes.
 */
public final class MediaDrivers {
    /** Term of a stream that says nothing itself: cluster and archive control. Three of them a stream. */
    private static final int TERM_LENGTH = 1024 * 1024;

    private static final long LIVENESS_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);

    private MediaDrivers() {}

    /**
     * Spins and yields for some tens of microseconds, then parks up to a millisecond: an idle site costs next to
     * nothing, and the first message after a pause a millisecond at most.
     */
    public static IdleStrategy backoff() {
        return new BackoffIdleStrategy(100, 50, TimeUnit.MICROSECONDS.toNanos(10), TimeUnit.MILLISECONDS.toNanos(1));
    }

    /**
     * A driver's context.
     *
     * <p>The directory is of this driver alone: it is deleted at start and when the driver is closed. On /dev/shm the
     * streams are memory and nothing else. Term buffers are filled when a stream is made, and the clients touch their
     * mappings: that takes a while (0.1 s for 24 MiB where memory is slow), and spares the first pass the page faults.
     *
     * @param directory for the driver's files; a former driver's are removed.
     * @param threadingMode SHARED: one thread for all, which the driver starts; DEDICATED: three.
     * @param idleStrategies makes one for each thread.
     */
    public static MediaDriver.Context driver(
            Path directory, ThreadingMode threadingMode, Supplier<IdleStrategy> idleStrategies) {
        return new MediaDriver.Context()
                .aeronDirectoryName(directory.toAbsolutePath().toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .threadingMode(threadingMode)
                .conductorIdleStrategy(idleStrategies.get())
                .senderIdleStrategy(idleStrategies.get())
                .receiverIdleStrategy(idleStrategies.get())
                .sharedIdleStrategy(idleStrategies.get())
                .sharedNetworkIdleStrategy(idleStrategies.get())
                .termBufferSparseFile(false)
                .publicationTermBufferLength(TERM_LENGTH)
                .ipcTermBufferLength(TERM_LENGTH)
                .imageLivenessTimeoutNs(LIVENESS_TIMEOUT_NS)
                .clientLivenessTimeoutNs(LIVENESS_TIMEOUT_NS)
                // Another process of this machine may have been killed while it wrote: its hole in the stream is
                // filled.
                .publicationUnblockTimeoutNs(LIVENESS_TIMEOUT_NS + TimeUnit.SECONDS.toNanos(5))
                .spiesSimulateConnection(true);
    }

    /**
     * A client's context for a driver in the directory. The client has a conductor thread of its own, which Aeron
     * starts.
     */
    public static Aeron.Context client(Path directory, IdleStrategy idleStrategy) {
        return new Aeron.Context()
                .aeronDirectoryName(directory.toAbsolutePath().toString())
                .idleStrategy(idleStrategy)
                .preTouchMappedMemory(true);
    }
}

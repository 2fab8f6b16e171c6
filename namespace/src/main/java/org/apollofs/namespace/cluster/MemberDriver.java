package org.apollofs.namespace.cluster;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.driver.status.SystemCounterDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import org.agrona.concurrent.SleepingIdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings of a media driver for the members and clients of a cluster: one thread, and buffers for bursts over UDP. */
public final class MemberDriver {
    private static final Logger LOG = LoggerFactory.getLogger(MemberDriver.class);
    private static final Path RECEIVE_LIMIT = Path.of("/proc/sys/net/core/rmem_max");
    private static final Path SEND_LIMIT = Path.of("/proc/sys/net/core/wmem_max");

    /** Bytes of a socket's buffer, and of what is under way on a stream. */
    private static final int SOCKET_BUFFER = 2 << 20;

    /** The driver's helper thread makes the buffers of new streams and resolves names: both are rare. */
    private static final long EXECUTOR_DOZE_NS = 5_000_000;

    private MemberDriver() {}

    /**
     * Settings for a member's process, to be changed or launched.
     *
     * @param directory of the driver's buffers, in memory rather than on a disk; what is there is deleted.
     * @param idle how its thread waits, together with those of members and clients in the process.
     */
    public static MediaDriver.Context ofMember(Path directory, AttentiveIdle idle, ThreadFactory threads) {
        MediaDriver.Context context = ofClients(directory, idle, threads);
        return context.sharedIdleStrategy(idle.newDriverStrategy(
                SystemNanoClock.INSTANCE,
                () -> context.systemCounters()
                        .get(SystemCounterDescriptor.BYTES_RECEIVED)
                        .get()));
    }

    /** As {@link #ofMember}, for a process that has clients of members elsewhere. */
    public static MediaDriver.Context ofClients(Path directory, AttentiveIdle idle, ThreadFactory threads) {
        int buffer = Math.min(SOCKET_BUFFER, Math.min(limit(RECEIVE_LIMIT), limit(SEND_LIMIT)));
        if (buffer < SOCKET_BUFFER) {
            LOG.warn(
                    "media driver: socket buffers of {} bytes instead of {}: raise net.core.rmem_max and wmem_max",
                    buffer,
                    SOCKET_BUFFER);
        }
        return AeronTimeouts.ofDriver(new MediaDriver.Context())
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .sharedThreadFactory(threads)
                .sharedIdleStrategy(idle.newStrategy())
                .asyncExecutorIdleStrategy(new SleepingIdleStrategy(EXECUTOR_DOZE_NS))
                .termBufferSparseFile(true)
                .socketRcvbufLength(buffer)
                .socketSndbufLength(buffer)
                .initialWindowLength(buffer)
                .errorHandler(new BoundedErrors(
                        SystemNanoClock.INSTANCE,
                        (failure, unsaid) ->
                                LOG.warn("media driver: {} (and {} before)", failure.getMessage(), unsaid)));
    }

    private static int limit(Path file) {
        try {
            // By lines: a sysctl gives all at the first read.
            return (int) Math.min(
                    Integer.MAX_VALUE,
                    Long.parseLong(Files.readAllLines(file).getFirst().strip()));
        } catch (IOException e) {
            LOG.debug("no limit of socket buffers is known: {}", e.getMessage());
            return SOCKET_BUFFER;
        }
    }
}

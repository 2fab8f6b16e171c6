package org.apollofs.cli;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.BoundedErrors;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LaneProfile;
import org.apollofs.profile.ThreadProfile.Idle;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's media driver and its Aeron client. The driver runs on one thread of its own (ThreadingMode.SHARED), the
 * client's conductor on another. Closing ends both and deletes the driver's directory.
 *
 * <p>The directory lies in shared memory, or in the site's run folder where shared memory is too small (containers often
 * have 64 MiB). Its path is noted in {@code run/driver}, so that the next start can delete what a killed one left.
 */
final class SiteDriver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SiteDriver.class);
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int TERMS = 3;
    private static final int TERM_LENGTH = 1 << 20;
    /** Bytes for the values of counters, 128 each; their labels take four times as much. */
    private static final int COUNTERS_LENGTH = 1 << 20;
    /** Two streams a lane at the sender; over UDP the receiver has buffers of its own. */
    private static final int BUFFERS_PER_LANE = 4;
    /** For the namespace's streams, counters and the rest. */
    private static final long OTHER_BYTES = 512L << 20;
    /** A machine that stalls for seconds (virtual machines do) is not a machine that died. */
    private static final long LIVENESS_NS = TimeUnit.SECONDS.toNanos(30);

    private final SiteFolder folder;
    private final MediaDriver driver;
    private final Aeron aeron;
    private Runnable wake = () -> {};

    private SiteDriver(SiteFolder folder, MediaDriver driver, Aeron aeron) {
        this.folder = folder;
        this.driver = driver;
        this.aeron = aeron;
    }

    /**
     * Launches. The site lock must be held: what an earlier process left is deleted.
     *
     * @param idle wakes the driver together with the namespace's threads.
     * @param seal of lanes over UDP.
     * @param onFailure told of what the driver or client cannot handle.
     */
    static SiteDriver launch(
            SiteFolder folder,
            HardwareProfile profile,
            AttentiveIdle idle,
            DatagramSeal seal,
            BiConsumer<String, Throwable> onFailure)
            throws IOException {
        deleteStale(folder);
        Path directory = chooseDirectory(folder, profile);
        Files.writeString(folder.driver(), directory + "\n");
        LaneProfile lanes = profile.lanes();
        IdleStrategy driverIdle = profile.threads().driverIdle() == Idle.BACKOFF
                ? idle.newStrategy()
                : AgentThread.idleStrategy(profile.threads().driverIdle());
        MediaDriver.Context context = new MediaDriver.Context()
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .sharedIdleStrategy(driverIdle)
                // Buffers of new streams are made by the driver's thread: a helper would look for work all the time.
                .asyncExecutorEnabled(false)
                .counterValuesBufferLength(COUNTERS_LENGTH)
                // Of a stream that does not say: none of a site's own is long.
                .ipcTermBufferLength(TERM_LENGTH)
                .termBufferSparseFile(false)
                .spiesSimulateConnection(true)
                .timerIntervalNs(TimeUnit.MILLISECONDS.toNanos(100))
                .clientLivenessTimeoutNs(LIVENESS_NS)
                .imageLivenessTimeoutNs(LIVENESS_NS)
                .publicationUnblockTimeoutNs(2 * LIVENESS_NS)
                .errorHandler(new BoundedErrors(
                        SystemNanoClock.INSTANCE,
                        (failure, unsaid) ->
                                LOG.warn("media driver: {} (and {} before)", Failures.describe(failure), unsaid)));
        if (lanes.media() == LaneProfile.Media.UDP) {
            SocketBuffers buffers = SocketBuffers.within(lanes);
            context.socketRcvbufLength(buffers.length())
                    .socketSndbufLength(buffers.length())
                    .initialWindowLength(buffers.window());
        }
        MediaDriver driver = MediaDriver.launch(seal.install(context));
        try {
            Aeron aeron = Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(directory.toString())
                    .driverTimeoutMs(TimeUnit.NANOSECONDS.toMillis(LIVENESS_NS))
                    .useConductorAgentInvoker(false)
                    .errorHandler(failure -> onFailure.accept("aeron client", failure)));
            SiteDriver started = new SiteDriver(folder, driver, aeron);
            started.wake = () -> idle.wakeOne(driverIdle);
            return started;
        } catch (RuntimeException e) {
            driver.close();
            throw e;
        }
    }

    /** Wakes its thread, if that rests. Any thread; cheap. */
    void wake() {
        wake.run();
    }

    Aeron aeron() {
        return aeron;
    }

    /** For other clients of this driver: the namespace's, and other processes'. */
    String directory() {
        return driver.aeronDirectoryName();
    }

    private static Path chooseDirectory(SiteFolder folder, HardwareProfile profile) throws IOException {
        long needed = OTHER_BYTES
                + (long) profile.targets().size()
                        * BUFFERS_PER_LANE
                        * TERMS
                        * profile.lanes().termLength();
        String name = "apollo-" + ProcessHandle.current().pid() + "-"
                + Integer.toHexString(folder.root().hashCode());
        if (Files.isWritable(SHARED_MEMORY) && Files.getFileStore(SHARED_MEMORY).getUsableSpace() >= needed) {
            return SHARED_MEMORY.resolve(name);
        }
        LOG.warn(
                "media driver: {} has less than {} MiB free, its buffers lie in the site's folder: slower",
                SHARED_MEMORY,
                needed >> 20);
        return folder.run().resolve(name);
    }

    /** Deletes the driver's directory of a process that is gone. The lock must be held. */
    static void deleteStale(SiteFolder folder) throws IOException {
        if (!Files.exists(folder.driver())) {
            return;
        }
        Path stale = Path.of(Files.readString(folder.driver()).strip());
        boolean ours =
                stale.getFileName() != null && stale.getFileName().toString().startsWith("apollo-");
        if (ours && Files.exists(stale)) {
            LOG.warn("media driver: deleting what a process that is gone left: path={}", stale);
            SiteFolder.deleteTree(stale);
        }
        Files.delete(folder.driver());
    }

    @Override
    public void close() {
        try (CloseStack stack = new CloseStack()) {
            stack.push(() -> Files.deleteIfExists(folder.driver()));
            stack.push(driver);
            stack.push(aeron);
        }
    }

    /**
     * What the kernel allows of what the profile asks for.
     *
     * @param length of a socket's buffer.
     * @param window bytes under way: at most the buffer.
     */
    record SocketBuffers(int length, int window) {
        private static final Path RECEIVE_LIMIT = Path.of("/proc/sys/net/core/rmem_max");
        private static final Path SEND_LIMIT = Path.of("/proc/sys/net/core/wmem_max");

        static SocketBuffers within(LaneProfile lanes) throws IOException {
            long limit = Math.min(read(RECEIVE_LIMIT), read(SEND_LIMIT));
            int length = (int) Math.min(lanes.socketBuffers(), limit);
            if (length < lanes.socketBuffers()) {
                LOG.warn(
                        "lanes: socket buffers of {} bytes, asked for {}: raise net.core.rmem_max and wmem_max",
                        length,
                        lanes.socketBuffers());
            }
            return new SocketBuffers(length, Math.min(lanes.window(), length));
        }

        private static long read(Path limit) throws IOException {
            // By lines: a sysctl gives all at the first read, and readString begins with one byte.
            return Long.parseLong(Files.readAllLines(limit).getFirst().strip());
        }
    }
}

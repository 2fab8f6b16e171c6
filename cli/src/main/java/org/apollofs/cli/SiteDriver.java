package org.apollofs.cli;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.namespace.cluster.AeronTimeouts;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.BoundedErrors;
import org.apollofs.namespace.cluster.DriverSource;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LaneProfile;
import org.apollofs.profile.ThreadProfile.Idle;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's media driver and its Aeron client, kept running by a {@link DriverKeeper}. The driver runs on one thread of its own
 * (ThreadingMode.SHARED), the client's conductor on another. When one of the two ends by itself, both are started again; the lanes
 * are told ({@link #onRenewed}). Closing ends both.
 */
final class SiteDriver implements AutoCloseable, DriverSource {
    private static final Logger LOG = LoggerFactory.getLogger(SiteDriver.class);
    private static final int TERMS = 3;
    private static final int TERM_LENGTH = 1 << 20;
    /** Bytes for the values of counters, 128 each; their labels take four times as much. */
    private static final int COUNTERS_LENGTH = 1 << 20;
    /** Two streams a lane at the sender; over UDP the receiver has buffers of its own. */
    private static final int BUFFERS_PER_LANE = 4;
    /** For the namespace's streams, counters and the rest. */
    private static final long OTHER_BYTES = 512L << 20;
    /** Between two looks of the client's conductor: streams come and go with lanes. */
    private static final long CONDUCTOR_IDLE_NS = TimeUnit.MILLISECONDS.toNanos(10);
    /** Where nothing came for a while. */
    private static final long CONDUCTOR_REST_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** How long the buffers of a client that was closed stay mapped, for threads that are just using one. */
    private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(1);

    private final HardwareProfile profile;
    private final AttentiveIdle idle;
    private final SiteRest rest;
    private final DatagramSeal seal;
    private final DriverKeeper<LaneDriver> keeper;
    private volatile Aeron last;
    private volatile IdleStrategy driverIdle;

    /** A driver, and the client of the lanes. */
    private record LaneDriver(MediaDriver driver, Aeron aeron) implements AutoCloseable {
        @Override
        public void close() {
            CloseHelper.closeAll(aeron, driver);
        }
    }

    private SiteDriver(
            SiteFolder folder,
            HardwareProfile profile,
            AttentiveIdle idle,
            SiteRest rest,
            DatagramSeal seal,
            BiConsumer<String, Throwable> onFailure)
            throws IOException {
        this.profile = profile;
        this.idle = idle;
        this.rest = rest;
        this.seal = seal;
        keeper = DriverKeeper.launch(
                folder, neededBytes(profile), this::start, e -> onFailure.accept("media driver", e));
        keeper.onLook(rest::onLook);
    }

    /**
     * Launches. The site lock must be held: what an earlier process left is deleted.
     *
     * @param idle wakes the driver together with the namespace's threads.
     * @param rest told who uses the driver.
     * @param seal of lanes over UDP.
     * @param onFailure told of the driver that cannot be started again.
     */
    static SiteDriver launch(
            SiteFolder folder,
            HardwareProfile profile,
            AttentiveIdle idle,
            SiteRest rest,
            DatagramSeal seal,
            BiConsumer<String, Throwable> onFailure)
            throws IOException {
        return new SiteDriver(folder, profile, idle, rest, seal, onFailure);
    }

    private static long neededBytes(HardwareProfile profile) {
        return OTHER_BYTES
                + (long) profile.targets().size()
                        * BUFFERS_PER_LANE
                        * TERMS
                        * profile.lanes().termLength();
    }

    private LaneDriver start(Path directory, Runnable onEnd) throws IOException {
        rest.onAsked();
        MediaDriver driver = MediaDriver.launch(context(directory, onEnd));
        Aeron aeron = null;
        try {
            aeron = Aeron.connect(AeronTimeouts.ofClient(directory.toString())
                    .useConductorAgentInvoker(false)
                    .idleStrategy(new BackoffIdleStrategy(0, 0, CONDUCTOR_IDLE_NS, CONDUCTOR_REST_NS))
                    .closeLingerDurationNs(LINGER_NS)
                    .errorHandler(failure -> LOG.warn("aeron client: {}", Failures.describe(failure))));
            aeron.addCloseHandler(onEnd);
            last = aeron;
            return new LaneDriver(driver, aeron);
        } catch (RuntimeException e) {
            CloseHelper.quietCloseAll(aeron, driver);
            throw e;
        }
    }

    private MediaDriver.Context context(Path directory, Runnable onEnd) throws IOException {
        LaneProfile lanes = profile.lanes();
        if (driverIdle != null) {
            idle.release(driverIdle);
        }
        driverIdle = profile.threads().driverIdle() == Idle.BACKOFF
                ? idle.newStrategy()
                : AgentThread.idleStrategy(profile.threads().driverIdle());
        MediaDriver.Context context = AeronTimeouts.ofDriver(new MediaDriver.Context())
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .sharedThreadFactory(DriverKeeper.threads("apollo-driver", onEnd))
                .sharedIdleStrategy(driverIdle)
                // Buffers of new streams are made by the driver's thread: a helper would look for work all the time.
                .asyncExecutorEnabled(false)
                .counterValuesBufferLength(COUNTERS_LENGTH)
                // Of a stream that does not say: none of a site's own is long.
                .ipcTermBufferLength(TERM_LENGTH)
                .termBufferSparseFile(false)
                .spiesSimulateConnection(true)
                .timerIntervalNs(TimeUnit.MILLISECONDS.toNanos(100))
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
        return seal.install(context);
    }

    /** Wakes the driver's thread, if that rests. Cheap. */
    void wake() {
        idle.wakeOne(driverIdle);
    }

    /** The client of the driver that runs, or ran last. */
    Aeron aeron() {
        return last;
    }

    /** For other clients of this driver. Null while it is started again. */
    @Override
    public String directory() {
        return keeper.directory();
    }

    /** What to do with a new client when the driver was started again. */
    void onRenewed(Consumer<Aeron> action) {
        keeper.onRenewed(driver -> action.accept(driver.aeron()));
    }

    /** For tests: ends the driver's client, as one does that takes the driver for gone. */
    void endClient() {
        last.close();
    }

    /** For tests: ends the driver, which must run. */
    void endDriver() {
        keeper.driver().driver().close();
    }

    @Override
    public void close() {
        keeper.close();
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

package org.apollofs.cli;

import io.aeron.Aeron;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.apollofs.namespace.cluster.AeronTimeouts;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.DriverClients;
import org.apollofs.namespace.cluster.DriverSource;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.LaneProfile;
import org.apollofs.profile.ThreadProfile.Idle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's media driver and its Aeron client. The driver runs on one thread of its own (ThreadingMode.SHARED), the
 * client's conductor on another. Closing ends both and deletes the driver's directory.
 *
 * <p>The directory lies in shared memory, or in the site's run folder where shared memory is too small (containers often
 * have 64 MiB). Its path is noted in {@code run/driver}, so that the next start can delete what a killed one left, and commands
 * find it.
 *
 * <p>When one of the two ends by itself, both are started again, in another directory: a thread of this class's own sees to that.
 * Meanwhile {@link #directory()} is null; the namespace's parts find the new one there, and the lanes are told ({@link #onRenewed}). The
 * same thread ends clients of commands that were killed.
 */
final class SiteDriver implements AutoCloseable, DriverSource {
    private static final Logger LOG = LoggerFactory.getLogger(SiteDriver.class);
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final int TERMS = 3;
    /** Two streams a lane at the sender; over UDP the receiver has buffers of its own. */
    private static final int BUFFERS_PER_LANE = 4;
    /** For the namespace's streams, counters and the rest. */
    private static final long OTHER_BYTES = 512L << 20;
    /** Between two looks for clients whose process is gone. */
    private static final long SWEEP_MS = TimeUnit.SECONDS.toMillis(10);
    /** A driver that ends again within that time is not started for ever. */
    private static final long A_WHILE_NS = TimeUnit.SECONDS.toNanos(60);

    private static final int MAX_STARTS = 10;
    /** How long the buffers of a client that was closed stay mapped, for threads that are just using one. */
    private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(1);

    private final SiteFolder folder;
    private final HardwareProfile profile;
    private final AttentiveIdle idle;
    private final BiConsumer<String, Throwable> onFailure;
    /** Numbers of drivers that have ended; 0 to look whether to stop. */
    private final LinkedBlockingQueue<Integer> ended = new LinkedBlockingQueue<>();

    private final Thread thread;
    private volatile Driver current;
    private volatile Consumer<Aeron> onRenewed = aeron -> {};
    private volatile boolean isClosing;
    private int startsInARow;

    /** One that runs, and what looks at its clients, which is this class's thread's. */
    private record Driver(int number, MediaDriver driver, Aeron aeron, DriverClients clients, long startNs) {
        void close() {
            try (CloseStack stack = new CloseStack()) {
                stack.push(driver);
                stack.push(clients);
                stack.push(aeron);
            }
        }
    }

    private SiteDriver(
            SiteFolder folder, HardwareProfile profile, AttentiveIdle idle, BiConsumer<String, Throwable> onFailure) {
        this.folder = folder;
        this.profile = profile;
        this.idle = idle;
        this.onFailure = onFailure;
        thread = new Thread(this::watch, "apollo-driver-watch");
        thread.setDaemon(true);
    }

    /**
     * Launches. The site lock must be held: what an earlier process left is deleted.
     *
     * @param idle wakes the driver together with the namespace's threads.
     * @param onFailure told of the driver that cannot be started again.
     */
    static SiteDriver launch(
            SiteFolder folder, HardwareProfile profile, AttentiveIdle idle, BiConsumer<String, Throwable> onFailure)
            throws IOException {
        deleteStale(folder);
        SiteDriver driver = new SiteDriver(folder, profile, idle, onFailure);
        driver.current = driver.start(1);
        driver.thread.start();
        return driver;
    }

    private Driver start(int number) throws IOException {
        Path directory = chooseDirectory(folder, profile, number);
        Files.writeString(folder.driver(), directory + "\n");
        MediaDriver driver = MediaDriver.launch(context(directory, number));
        Aeron aeron = null;
        try {
            aeron = Aeron.connect(AeronTimeouts.ofClient(directory.toString())
                    .useConductorAgentInvoker(false)
                    .closeLingerDurationNs(LINGER_NS)
                    .errorHandler(failure -> LOG.warn("aeron client: {}", Failures.describe(failure))));
            aeron.addCloseHandler(() -> ended.add(number));
            return new Driver(number, driver, aeron, new DriverClients(directory.toString()), System.nanoTime());
        } catch (RuntimeException e) {
            CloseHelper.quietCloseAll(aeron, driver);
            throw e;
        }
    }

    private MediaDriver.Context context(Path directory, int number) throws IOException {
        LaneProfile lanes = profile.lanes();
        MediaDriver.Context context = AeronTimeouts.ofDriver(new MediaDriver.Context())
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .warnIfDirectoryExists(false)
                .threadingMode(ThreadingMode.SHARED)
                .sharedThreadFactory(loop -> driverThread(loop, number))
                .sharedIdleStrategy(
                        profile.threads().driverIdle() == Idle.BACKOFF
                                ? idle.newStrategy()
                                : AgentThread.idleStrategy(profile.threads().driverIdle()))
                .termBufferSparseFile(false)
                .spiesSimulateConnection(true)
                .timerIntervalNs(TimeUnit.MILLISECONDS.toNanos(100))
                .errorHandler(failure -> LOG.warn("media driver: {}", Failures.describe(failure)));
        if (lanes.media() == LaneProfile.Media.UDP) {
            SocketBuffers buffers = SocketBuffers.within(lanes);
            context.socketRcvbufLength(buffers.length())
                    .socketSndbufLength(buffers.length())
                    .initialWindowLength(buffers.window());
        }
        return context;
    }

    private Thread driverThread(Runnable loop, int number) {
        return new Thread(
                () -> {
                    try {
                        loop.run();
                    } finally {
                        ended.add(number);
                    }
                },
                "apollo-driver");
    }

    // The watching thread.

    private void watch() {
        try {
            while (!isClosing) {
                Integer number = ended.poll(SWEEP_MS, TimeUnit.MILLISECONDS);
                Driver driver = current;
                if (number == null) {
                    endDeadClients(driver);
                } else if (!isClosing && number == driver.number()) {
                    startAgain(driver);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("media driver: the watch was interrupted");
        } catch (IOException | RuntimeException | Error e) {
            onFailure.accept("media driver", e);
        }
    }

    private static void endDeadClients(Driver driver) {
        int count = driver.clients().endDead();
        if (count > 0) {
            LOG.info("media driver: clients of processes that are gone are ended: count={}", count);
        }
    }

    private void startAgain(Driver old) throws IOException {
        startsInARow = System.nanoTime() - old.startNs() > A_WHILE_NS ? 1 : startsInARow + 1;
        if (startsInARow > MAX_STARTS) {
            throw new IllegalStateException("it ends again and again: starts=" + startsInARow);
        }
        LOG.warn("media driver: it or its client has ended, and both are started again: number={}", old.number() + 1);
        current = null;
        // Where its thread ended by an Error nobody has said so.
        old.clients().driverIsGone();
        try {
            old.close();
        } catch (RuntimeException e) {
            LOG.warn("media driver: what has ended was not closed in order: {}", Failures.describe(e));
        }
        Driver fresh = start(old.number() + 1);
        onRenewed.accept(fresh.aeron());
        current = fresh;
    }

    // Any thread.

    /** The client of the driver that runs, or ran last. */
    Aeron aeron() {
        return current.aeron();
    }

    /** For other clients of this driver: the namespace's, and other processes'. Null while it is started again. */
    @Override
    public String directory() {
        Driver driver = current;
        return driver == null ? null : driver.driver().aeronDirectoryName();
    }

    /** What to do with a new client when the driver was started again, on the watching thread. */
    void onRenewed(Consumer<Aeron> action) {
        onRenewed = action;
    }

    /** For tests: ends the driver's client, as one does that takes the driver for gone. */
    void endClient() {
        current.aeron().close();
    }

    private static Path chooseDirectory(SiteFolder folder, HardwareProfile profile, int number) throws IOException {
        long needed = OTHER_BYTES
                + (long) profile.targets().size()
                        * BUFFERS_PER_LANE
                        * TERMS
                        * profile.lanes().termLength();
        String name = "apollo-" + ProcessHandle.current().pid() + "-"
                + Integer.toHexString(folder.root().hashCode()) + (number == 1 ? "" : "-" + number);
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
        isClosing = true;
        ended.add(0);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Driver driver = current;
        try (CloseStack stack = new CloseStack()) {
            stack.push(() -> Files.deleteIfExists(folder.driver()));
            if (driver != null) {
                stack.push(driver::close);
            }
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

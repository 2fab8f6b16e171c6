package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apollofs.namespace.cluster.DriverClients;
import org.apollofs.namespace.cluster.DriverSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the media driver of a process running: when it ends by itself, another is started, in another directory. A thread of its own
 * sees to that. Meanwhile {@link #directory()} is null, and who goes through the driver finds the new one there. The same thread ends
 * clients of commands that were killed.
 *
 * <p>The directory lies in shared memory, or in the folder's run folder where shared memory is too small (containers often
 * have 64 MiB). Its path is noted in {@code run/driver}, so that the next start can delete what a killed one left, and commands
 * find it.
 *
 * <p>Closing ends the driver and deletes its directory.
 *
 * @param <D> the driver, and what goes with it.
 */
final class DriverKeeper<D extends AutoCloseable> implements AutoCloseable, DriverSource {
    private static final Logger LOG = LoggerFactory.getLogger(DriverKeeper.class);
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    /** Between two looks for clients whose process is gone. */
    private static final long SWEEP_MS = TimeUnit.SECONDS.toMillis(10);
    /** A driver that ends again within that time is not started for ever. */
    private static final long A_WHILE_NS = TimeUnit.SECONDS.toNanos(60);

    private static final int MAX_STARTS = 10;

    private final SiteFolder folder;
    private final long neededBytes;
    private final Launcher<D> launcher;
    private final Consumer<Throwable> onFailure;
    /** Numbers of drivers that have ended; 0 to look whether to stop. */
    private final LinkedBlockingQueue<Integer> ended = new LinkedBlockingQueue<>();

    private final Thread thread;
    private volatile Running<D> current;
    private volatile Consumer<D> onRenewed = driver -> {};
    private volatile Consumer<Boolean> onLook = hasForeign -> {};
    private volatile boolean isClosing;
    private int startsInARow;

    /** Launches a driver. */
    interface Launcher<D> {
        /**
         * Launches it.
         *
         * @param directory of its buffers.
         * @param onEnd to be run whenever it, or what goes with it, ends.
         */
        D launch(Path directory, Runnable onEnd) throws IOException;
    }

    /** One that runs, and what looks at its clients, which is this class's thread's. */
    private record Running<D extends AutoCloseable>(
            int number, Path directory, D driver, DriverClients clients, long startNs) {
        void close() {
            try (CloseStack stack = new CloseStack()) {
                stack.push(driver);
                stack.push(clients);
            }
        }
    }

    private DriverKeeper(SiteFolder folder, long neededBytes, Launcher<D> launcher, Consumer<Throwable> onFailure) {
        this.folder = folder;
        this.neededBytes = neededBytes;
        this.launcher = launcher;
        this.onFailure = onFailure;
        thread = new Thread(this::watch, "apollo-driver-watch");
        thread.setDaemon(true);
    }

    /**
     * Launches. The folder's lock must be held: what an earlier process left is deleted.
     *
     * @param neededBytes of buffers, at most.
     * @param onFailure told, once, of the driver that cannot be started again.
     */
    static <D extends AutoCloseable> DriverKeeper<D> launch(
            SiteFolder folder, long neededBytes, Launcher<D> launcher, Consumer<Throwable> onFailure)
            throws IOException {
        deleteStale(folder);
        DriverKeeper<D> keeper = new DriverKeeper<>(folder, neededBytes, launcher, onFailure);
        keeper.current = keeper.start(1);
        keeper.thread.start();
        return keeper;
    }

    private Running<D> start(int number) throws IOException {
        Path directory = chooseDirectory(number);
        Files.writeString(folder.driver(), directory + "\n");
        D driver = launcher.launch(directory, () -> ended.add(number));
        try {
            return new Running<>(number, directory, driver, new DriverClients(directory.toString()), System.nanoTime());
        } catch (RuntimeException e) {
            try (CloseStack stack = new CloseStack()) {
                stack.push(driver);
            }
            throw e;
        }
    }

    /** Threads of a driver, which say when one ends. */
    static ThreadFactory threads(String name, Runnable onEnd) {
        ThreadFactory threads = SiteNamespace.threads(name);
        return loop -> threads.newThread(() -> {
            try {
                loop.run();
            } finally {
                onEnd.run();
            }
        });
    }

    // The watching thread.

    private void watch() {
        try {
            while (!isClosing) {
                Integer number = ended.poll(SWEEP_MS, TimeUnit.MILLISECONDS);
                Running<D> running = current;
                if (number == null) {
                    endDeadClients(running);
                } else if (!isClosing && number == running.number()) {
                    startAgain(running);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("media driver: the watch was interrupted");
        } catch (IOException | RuntimeException | Error e) {
            onFailure.accept(e);
        }
    }

    private void endDeadClients(Running<D> running) {
        int count = running.clients().endDead();
        if (count > 0) {
            LOG.info("media driver: clients of processes that are gone are ended: count={}", count);
        }
        onLook.accept(running.clients().hasForeign());
    }

    private void startAgain(Running<D> old) throws IOException {
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
        Running<D> fresh = start(old.number() + 1);
        onRenewed.accept(fresh.driver());
        current = fresh;
    }

    // Any thread.

    /** The driver that runs; null while it is started again. */
    D driver() {
        Running<D> running = current;
        return running == null ? null : running.driver();
    }

    /** For other clients of this driver: the namespace's, and other processes'. Null while it is started again. */
    @Override
    public String directory() {
        Running<D> running = current;
        return running == null ? null : running.directory().toString();
    }

    /** What to do with a new driver when it was started again, on the watching thread. */
    void onRenewed(Consumer<D> action) {
        onRenewed = action;
    }

    /** Told now and then, on the watching thread, whether the driver has clients of other processes. */
    void onLook(Consumer<Boolean> action) {
        onLook = action;
    }

    private Path chooseDirectory(int number) throws IOException {
        String name = "apollo-" + ProcessHandle.current().pid() + "-"
                + Integer.toHexString(folder.root().hashCode()) + (number == 1 ? "" : "-" + number);
        if (Files.isWritable(SHARED_MEMORY) && Files.getFileStore(SHARED_MEMORY).getUsableSpace() >= neededBytes) {
            return SHARED_MEMORY.resolve(name);
        }
        LOG.warn(
                "media driver: {} has less than {} MiB free, its buffers lie in the site's folder: slower",
                SHARED_MEMORY,
                neededBytes >> 20);
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
        Running<D> running = current;
        try (CloseStack stack = new CloseStack()) {
            stack.push(() -> Files.deleteIfExists(folder.driver()));
            if (running != null) {
                stack.push(running::close);
            }
        }
    }
}

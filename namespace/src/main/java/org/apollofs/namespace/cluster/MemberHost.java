package org.apollofs.namespace.cluster;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.namespace.command.NamespaceReads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of the namespace that is started again in its process when a part of it has ended ({@link PartEndedException}): a library
 * that took somebody for gone, a driver that was started anew, a log that the others do not have any more. Clients beside it wait
 * meanwhile, and go on under the same sessions: what they were not answered they send again under the same ids, so nothing is lost
 * and nothing applied twice. A start reads snapshot and log as any does.
 *
 * <p>What a start cannot mend (the disk, a bug of the state machine) is told to the failure handler, and so is a member that ends
 * again and again before it has served. A thread of its own makes the starts. Closed after its clients and before the driver.
 */
public final class MemberHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MemberHost.class);

    /** Starts in a row, each of which ended before the member had run for a while. */
    private static final int MAX_STARTS = 10;

    private static final long A_WHILE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long DRIVER_POLL_MS = 10;
    /** Between two starts in a row. */
    private static final long PAUSE_MS = 200;
    /** How long a read in this process waits while a member is started again, which takes as long as its log. */
    private static final long READ_NS = TimeUnit.SECONDS.toNanos(120);

    private final Start start;
    private final DriverSource driver;
    private final Consumer<Throwable> failureHandler;
    private final Consumer<String> progress;
    private final BooleanSupplier cancellation;
    private final NanoClock clock = SystemNanoClock.INSTANCE;
    private final SwitchedReads reads = new SwitchedReads(clock, READ_NS);
    private final LinkedBlockingQueue<Runnable> failures = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile NamespaceMember member;
    private volatile boolean isClosing;
    private int startsInARow;
    private long startedNs;
    private volatile int number;

    /** Starts the member: {@link NamespaceMember#launch}, on the driver that runs now, with the handler of failures given. */
    public interface Start {
        NamespaceMember launch(String aeronDirectory, Consumer<Throwable> failureHandler);
    }

    private MemberHost(
            Start start,
            DriverSource driver,
            ThreadFactory threads,
            Consumer<Throwable> failureHandler,
            Consumer<String> progress,
            BooleanSupplier cancellation) {
        this.start = start;
        this.driver = driver;
        this.failureHandler = failureHandler;
        this.progress = progress;
        this.cancellation = cancellation;
        startedNs = clock.nanoTime();
        thread = threads.newThread(this::run);
    }

    /**
     * Starts the member, as often as it takes.
     *
     * @param driver of this process.
     * @param failureHandler told once, on the host's thread, when the member cannot go on.
     * @param progress told in a line when the member is started again.
     * @param cancellation asked while a start waits: whether to give it up.
     * @throws RuntimeException as {@link NamespaceMember#launch}.
     */
    public static MemberHost launch(
            Start start,
            DriverSource driver,
            ThreadFactory threads,
            Consumer<Throwable> failureHandler,
            Consumer<String> progress,
            BooleanSupplier cancellation) {
        MemberHost host = new MemberHost(start, driver, threads, failureHandler, progress, cancellation);
        host.startUntilItRuns();
        host.thread.start();
        return host;
    }

    private void startUntilItRuns() {
        while (true) {
            try {
                startOnce();
                return;
            } catch (PartEndedException e) {
                countStart(e);
            }
        }
    }

    private void startOnce() {
        String directory = driver.directory();
        while (directory == null) {
            if (isClosing || cancellation.getAsBoolean()) {
                throw new CancellationException("the start of a member was given up");
            }
            pause(DRIVER_POLL_MS);
            directory = driver.directory();
        }
        int own = number + 1;
        number = own;
        startedNs = clock.nanoTime();
        NamespaceMember started = start.launch(directory, failure -> failures.add(() -> onFailure(own, failure)));
        member = started;
        reads.to(started);
    }

    /** @throws IllegalStateException if that was one too many. */
    private void countStart(PartEndedException failure) {
        startsInARow = clock.nanoTime() - startedNs > A_WHILE_NS ? 0 : startsInARow + 1;
        if (startsInARow > MAX_STARTS) {
            throw new IllegalStateException(
                    "the namespace's member ends again and again: starts=" + startsInARow + ", the last because "
                            + failure.getMessage(),
                    failure);
        }
        String line = "the namespace's member is started again: " + failure.getMessage();
        LOG.warn(line);
        progress.accept(line);
        if (startsInARow > 1) {
            pause(PAUSE_MS * startsInARow);
        }
    }

    private void pause(long ms) {
        try {
            if (ended.await(ms, TimeUnit.MILLISECONDS)) {
                LOG.debug("the host of a member is closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("the start of a member was interrupted");
        }
    }

    // The host's thread.

    private void run() {
        try {
            while (!isClosing) {
                failures.take().run();
            }
        } catch (InterruptedException e) {
            LOG.debug("the host of a member was interrupted");
        }
    }

    /** Of the member that runs, or of one that is closed: then it does not matter any more. */
    private void onFailure(int of, Throwable failure) {
        if (of != number || isClosing) {
            return;
        }
        if (!(failure instanceof PartEndedException ended)) {
            failureHandler.accept(failure);
            return;
        }
        try {
            countStart(ended);
            reads.to(null);
            CloseHelper.close(e -> LOG.warn("namespace member, which is started again", e), member::abort);
            startUntilItRuns();
        } catch (CancellationException e) {
            LOG.debug("the host of a member is closed: {}", e.getMessage());
        } catch (RuntimeException | Error e) {
            if (!isClosing) {
                failureHandler.accept(e);
            }
        }
    }

    // Any thread.

    /** The member that runs, or ran last. */
    public NamespaceMember member() {
        return member;
    }

    /**
     * Waits until the generation that the member claims has begun; without a claim, until it knows who the namespace is. It may be
     * started again meanwhile.
     *
     * @throws FolderRefusedException if the log is another namespace's, or an older copy. It is unchanged.
     * @throws CancellationException if the cancellation says so.
     */
    public NamespaceIdentity awaitIdentity() {
        while (true) {
            try {
                return member.awaitIdentity();
            } catch (FolderRefusedException | CancellationException e) {
                throw e;
            } catch (IllegalStateException e) {
                if (isClosing || cancellation.getAsBoolean()) {
                    throw new CancellationException("the start was given up before the namespace had said who it is");
                }
                pause(DRIVER_POLL_MS);
            }
        }
    }

    /** As {@link NamespaceMember#reads}, of whichever member runs: they wait for it. */
    public NamespaceReads reads() {
        return reads;
    }

    DriverSource driver() {
        return driver;
    }

    /** How often the member was started. */
    public int starts() {
        return number;
    }

    /** Stops the member in order. */
    @Override
    public void close() {
        isClosing = true;
        ended.countDown();
        failures.add(() -> {});
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        reads.close();
        CloseHelper.close(member);
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

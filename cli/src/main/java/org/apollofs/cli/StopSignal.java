package org.apollofs.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * SIGTERM, SIGINT and SIGHUP as a request: the command ends in its own order, and its exit code stands.
 *
 * <p>A JVM hook sees the signal, and keeps the process alive until the command's thread is done; then it halts with the
 * command's code. A second Ctrl-C changes nothing: the JVM is in its shutdown already. One a process.
 */
final class StopSignal {
    private static final AtomicReference<StopSignal> INSTALLED = new AtomicReference<>();

    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean signalled;
    private volatile int exitCode;
    private volatile Runnable listener = () -> {};

    private StopSignal() {}

    /** Installs it, or gives the one there is. From now on the command must end when it is asked to. */
    static StopSignal install() {
        StopSignal fresh = new StopSignal();
        if (INSTALLED.compareAndSet(null, fresh)) {
            Runtime.getRuntime().addShutdownHook(new Thread(fresh::onShutdown, "apollo-stop"));
        }
        return INSTALLED.get();
    }

    /** One that no signal reaches, for a node inside another program. */
    static StopSignal detached() {
        return new StopSignal();
    }

    /** Whether signals of this process reach it: then the process is the command's, to be ended with it. */
    boolean isOfProcess() {
        return INSTALLED.get() == this;
    }

    /** Called by main with the command's exit code, before it exits. */
    static void finished(int code) {
        StopSignal installed = INSTALLED.get();
        if (installed != null) {
            installed.exitCode = code;
            installed.finished.countDown();
        }
    }

    /** Whether a signal has come. */
    boolean isRequested() {
        return requested.getCount() == 0;
    }

    /** Waits for a signal, or for {@link #request()}. */
    void await() throws InterruptedException {
        requested.await();
    }

    /** Waits for a signal for a while. @return whether it has come. */
    boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        return requested.await(timeout, unit);
    }

    /** As a signal would: for failures that end the command. */
    void request() {
        requested.countDown();
    }

    /** What to do at once when a signal comes, on the hook's thread; must not wait. Replaces an earlier one. */
    void onRequest(Runnable action) {
        listener = action;
        if (signalled) {
            action.run();
        }
    }

    private void onShutdown() {
        if (finished.getCount() == 0) {
            return; // an ordinary System.exit after the command's end
        }
        signalled = true;
        requested.countDown();
        listener.run();
        try {
            finished.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exitCode);
    }
}

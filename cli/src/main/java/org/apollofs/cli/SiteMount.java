package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.fuse.Backend;
import org.apollofs.fuse.FuseMount;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountCounters;
import org.apollofs.fuse.MountGuard;
import org.apollofs.fuse.MountPoint;
import org.apollofs.fuse.backend.Backends;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.profile.MountProfile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's mount and its worker threads. Closing unmounts, waits for the workers, and frees; the data client and the
 * namespace are closed after it.
 */
final class SiteMount implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SiteMount.class);
    private static final Path DEVICE = Path.of("/dev/fuse");
    /** File in the run folder for what the directory below was. */
    static final String GUARD_NOTE = "mountpoint";
    /** After so long, workers that have nothing to do and do not end are held by a mount in another namespace. */
    private static final long HELD_MS = TimeUnit.SECONDS.toMillis(2);
    /** Beyond what a request may wait until its program is told. */
    private static final long MARGIN_MS = TimeUnit.SECONDS.toMillis(60);

    private final FuseMount mount;
    private final MountGuard guard;
    private final SiteEnd end;
    private final long joinMs;
    private final MountCounters counters;
    private final List<Thread> workers = new ArrayList<>();
    private volatile boolean closing;

    /** Who decides how the mount ends, and hears of its end. */
    interface SiteEnd {
        /** Somebody else has unmounted it. Any thread, more than once. */
        void onTakenAway(Path mountPoint);

        /** A part of the site has failed. Any thread. */
        void onFailure(String role, Throwable cause);

        /** Whether the site ends because it failed: its mount then stays, dead, until it is served again. */
        boolean isFailed();
    }

    private SiteMount(FuseMount mount, MountGuard guard, MountCounters counters, MountProfile profile, SiteEnd end) {
        this.guard = guard;
        this.end = end;
        // A request may wait for a lane, and then for another, before its program is told.
        this.joinMs = 2 * profile.errorAfterMs() + MARGIN_MS;
        this.mount = mount;
        this.counters = counters;
    }

    /**
     * Finds out whether mounting can work, before anything of a site is made. What a killed process left stays.
     *
     * @return the mount point without links.
     * @throws CommandFailure or MountException if not.
     */
    static Path check(Path mountPoint, SiteFolder folder) {
        if (!Files.exists(DEVICE)) {
            throw new CommandFailure(
                    ExitCode.MOUNT,
                    "no FUSE device: path=" + DEVICE,
                    "load the module ('modprobe fuse'), or give the container the device");
        }
        Path real = MountPoint.check(mountPoint);
        Path site = realFolder(folder.root());
        if (site.startsWith(real) || real.startsWith(site)) {
            throw new CommandFailure(
                    ExitCode.MOUNT,
                    "mount point and site folder are inside each other: mount=" + real + ", dir=" + site,
                    "choose another mount point");
        }
        return real;
    }

    private static Path realFolder(Path folder) {
        Path existing = folder;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return existing == null ? folder : existing.toRealPath().resolve(existing.relativize(folder));
        } catch (IOException e) {
            return folder;
        }
    }

    /**
     * Mounts, in place of what a killed process left there, and starts the workers.
     *
     * @param folder of the site.
     * @param clock of what the mount remembers, and of how long requests have waited.
     * @param onFault told of each request that failed for the storage's sake.
     * @param end told when the mount is taken away by somebody else, or a worker ends with an exception.
     */
    static SiteMount mount(
            SiteFolder folder,
            Path mountPoint,
            MountProfile profile,
            Namespace namespace,
            DataClient client,
            NanoClock clock,
            Consumer<String> onFault,
            SiteEnd end) {
        MountCounters counters = new MountCounters();
        long timeoutNs = TimeUnit.MILLISECONDS.toNanos(profile.attributeTimeoutMs());
        Path directory = MountPoint.detachDead(mountPoint);
        MountGuard guard = MountGuard.of(directory, folder.run().resolve(GUARD_NOTE));
        FuseMount mount;
        try {
            mount = Backends.mount(new MountContext()
                    .mountPoint(directory)
                    .namespace(namespace)
                    .dataClient(client)
                    .backend(Backend.valueOf(profile.backend().name()))
                    .workerCount(profile.workers())
                    .maxBackgroundRequests(profile.maxBackground())
                    .entryTimeoutNs(timeoutNs)
                    .attributeTimeoutNs(timeoutNs)
                    .nanoClock(clock)
                    .faultListener(onFault)
                    .counters(counters));
        } catch (RuntimeException e) {
            guard.undo();
            guard.close();
            throw e;
        }
        SiteMount started = new SiteMount(mount, guard, counters, profile, end);
        guard.guard();
        for (int i = 0; i < mount.workerCount(); i++) {
            started.startWorker(i);
        }
        return started;
    }

    private void startWorker(int index) {
        Runnable loop = mount.worker(index);
        Thread worker = new Thread(
                () -> {
                    try {
                        loop.run();
                        onWorkerEnded();
                    } catch (Throwable bug) {
                        end.onFailure("fuse-" + index, bug);
                    }
                },
                "apollo-fuse-" + index);
        worker.setDaemon(true);
        workers.add(worker);
        worker.start();
    }

    private void onWorkerEnded() {
        if (closing) {
            return;
        }
        if (!mount.isMounted()) {
            end.onTakenAway(mount.mountPoint());
            return;
        }
        end.onFailure(
                "mount",
                new CommandFailure(
                        ExitCode.MOUNT,
                        "the mount's connection was ended by somebody else: path=" + mount.mountPoint(),
                        "start the site again: the mount stays dead until then"));
    }

    FuseMount mount() {
        return mount;
    }

    MountCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        closing = true;
        if (end.isFailed() && mount.isMounted() && mount.abort()) {
            joinWorkers(joinMs);
            LOG.warn("the mount stays dead until the site is started again: path={}", mount.mountPoint());
            mount.close();
            guard.close();
            return;
        }
        try (CloseStack afterwards = new CloseStack()) {
            afterwards.push(this::endWorkers);
            mount.unmount();
        }
        mount.close();
        guard.undo();
        guard.close();
    }

    /**
     * Unmounted here, workers end by themselves, unless another mount namespace (a container) has the mount too. Requests that
     * are under way are finished in any case.
     */
    private void endWorkers() {
        if (!joinWorkers(HELD_MS)) {
            if (mount.abort()) {
                LOG.warn(
                        "the connection outlived the mount, another mount namespace (a container) may have it: it was"
                                + " ended, programs there get ENOTCONN: path={}",
                        mount.mountPoint());
            } else if (mount.oldestRequestNs() == 0) {
                throw new IllegalStateException(
                        "unmounted, but another mount namespace (a container) has the mount: path=" + mount.mountPoint()
                                + ": its connection can only be ended by root");
            }
        }
        if (!joinWorkers(joinMs)) {
            throw new IllegalStateException(
                    "mount workers do not end: path=" + mount.mountPoint() + ", waitedMs=" + joinMs);
        }
    }

    /** @return whether all have ended within the time. */
    private boolean joinWorkers(long waitMs) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
        boolean allEnded = true;
        for (Thread worker : workers) {
            long leftMs = Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime()));
            try {
                worker.join(leftMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            allEnded &= !worker.isAlive();
        }
        return allEnded;
    }
}

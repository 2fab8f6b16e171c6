package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.fuse.Backend;
import org.apollofs.fuse.FuseMount;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountCounters;
import org.apollofs.fuse.MountPoint;
import org.apollofs.fuse.backend.Backends;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.profile.MountProfile;

/**
 * The node's mount and its worker threads. Closing unmounts, waits for the workers, and frees; the data client and the
 * namespace are closed after it.
 */
final class SiteMount implements AutoCloseable {
    private static final Path DEVICE = Path.of("/dev/fuse");
    private static final long JOIN_MS = TimeUnit.SECONDS.toMillis(30);

    private final FuseMount mount;
    private final MountCounters counters;
    private final List<Thread> workers = new ArrayList<>();
    private volatile boolean closing;

    private SiteMount(FuseMount mount, MountCounters counters) {
        this.mount = mount;
        this.counters = counters;
    }

    /**
     * Finds out whether mounting can work, before anything of a site is made. Detaches what a killed process left.
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
        Path real = MountPoint.prepare(mountPoint);
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
     * Mounts, and starts the workers.
     *
     * @param clock of what the mount remembers, and of how long requests have waited.
     * @param onFault told of each request that failed for the storage's sake.
     * @param onFailure told when the mount is taken away by somebody else, or a worker ends with an exception.
     */
    static SiteMount mount(
            Path mountPoint,
            MountProfile profile,
            Namespace namespace,
            DataClient client,
            NanoClock clock,
            Consumer<String> onFault,
            BiConsumer<String, Throwable> onFailure) {
        MountCounters counters = new MountCounters();
        long timeoutNs = TimeUnit.MILLISECONDS.toNanos(profile.attributeTimeoutMs());
        FuseMount mount = Backends.mount(new MountContext()
                .mountPoint(mountPoint)
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
        SiteMount started = new SiteMount(mount, counters);
        for (int i = 0; i < mount.workerCount(); i++) {
            started.startWorker(i, onFailure);
        }
        return started;
    }

    private void startWorker(int index, BiConsumer<String, Throwable> onFailure) {
        Runnable loop = mount.worker(index);
        Thread worker = new Thread(
                () -> {
                    try {
                        loop.run();
                        if (!closing) {
                            onFailure.accept(
                                    "mount",
                                    new CommandFailure(
                                            ExitCode.MOUNT,
                                            "the mount was taken away: path=" + mount.mountPoint(),
                                            "stop a site with Ctrl-C or SIGTERM, not with umount"));
                        }
                    } catch (Throwable bug) {
                        onFailure.accept("fuse-" + index, bug);
                    }
                },
                "apollo-fuse-" + index);
        worker.setDaemon(true);
        workers.add(worker);
        worker.start();
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
        try {
            mount.unmount();
        } finally {
            joinWorkers();
        }
        mount.close();
    }

    private void joinWorkers() {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_MS);
        for (Thread worker : workers) {
            long leftMs = Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime()));
            try {
                worker.join(leftMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (worker.isAlive()) {
                throw new IllegalStateException("mount worker does not end: name=" + worker.getName());
            }
        }
    }
}

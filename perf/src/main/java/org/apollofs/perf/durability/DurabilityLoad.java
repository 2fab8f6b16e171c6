package org.apollofs.perf.durability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Workers that change a site and note, outside of it, what it acknowledges. They go on through errors, and through the mount's
 * going and coming, until they are stopped. {@link Verifier} judges.
 *
 * <p>{@link #run} may be called once; {@link #stop} from any thread.
 */
public final class DurabilityLoad {
    private final Path journalFile;
    private final LoadContext context;
    private final int workers;
    private final Path mount;
    private final KeyAccess keys;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /**
     * A load.
     *
     * @param journalFile is made; outside of the site, on a disk that lives on when the site's does not.
     * @param mount of the site, or null for keys alone.
     * @param keys of the site, or null for the mount alone.
     */
    public DurabilityLoad(Path journalFile, long seed, int workers, Path mount, KeyAccess keys) {
        if (mount == null && keys == null) {
            throw new IllegalArgumentException("a load needs a mount, or keys");
        }
        this.journalFile = journalFile;
        context = new LoadContext(seed);
        this.workers = workers;
        this.mount = mount;
        this.keys = keys;
    }

    /** Folder of a load in the mount, and prefix of its keys. */
    static String folder(long seed) {
        return "durability-" + Long.toHexString(seed);
    }

    /** Folder of a worker. */
    static String folder(long seed, int worker) {
        return folder(seed) + "/w" + worker;
    }

    /** Makes the folders, works until it is stopped, and returns when all calls have. @throws IOException of the journal. */
    public void run() throws IOException, InterruptedException {
        try (WorkJournal journal = WorkJournal.create(journalFile, context.seed(), System::currentTimeMillis)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                threads.add(start(i, journal));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        Throwable failed = failure.get();
        if (failed != null) {
            throw new IOException("the load failed: " + failed, failed);
        }
    }

    private Thread start(int index, WorkJournal journal) throws IOException {
        String name = folder(context.seed(), index);
        MountCalls inMount = null;
        if (mount != null) {
            Path folder = mount.resolve(name);
            Files.createDirectories(folder);
            inMount = new MountCalls(folder);
        }
        KeyCalls onKeys = keys == null ? null : new KeyCalls(keys, name + "/");
        Worker worker = new Worker(index, context, journal, inMount, onKeys);
        Thread thread = new Thread(
                () -> {
                    try {
                        worker.run();
                    } catch (Throwable e) {
                        failure.compareAndSet(null, e);
                        context.stop();
                    }
                },
                "durability-" + index);
        thread.start();
        return thread;
    }

    /** Waits until it is over by itself, because the journal failed. @return whether it is. */
    public boolean awaitFailure(long time, TimeUnit unit) throws InterruptedException {
        return context.pause(time, unit);
    }

    /** Asks the workers to end after the call that is under way. */
    public void stop() {
        context.stop();
    }
}

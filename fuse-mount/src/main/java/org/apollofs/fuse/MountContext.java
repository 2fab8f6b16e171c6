package org.apollofs.fuse;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.namespace.client.Namespace;
import org.slf4j.LoggerFactory;

/**
 * What a mount is made of. Set what is wanted, then {@link #conclude()}. It owns nothing: whoever made the namespace and
 * the data client closes them, after the mount.
 */
public final class MountContext {
    private static final int MAX_WORKERS = 64;

    private Path mountPoint;
    private Namespace namespace;
    private DataClient dataClient;
    private Backend backend = Backend.AUTO;
    private int workerCount;
    private long entryTimeoutNs = TimeUnit.SECONDS.toNanos(1);
    private long attributeTimeoutNs = TimeUnit.SECONDS.toNanos(1);
    private int maxBackgroundRequests = 256;
    private int readAheadBytes = 4 * 1024 * 1024;
    private int unmountGraceMs = 2_000;
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private ErrorHandler errorHandler;
    private MountCounters counters;
    private Consumer<String> faultListener = fault -> {};

    /** Directory to mount on. Required. */
    public MountContext mountPoint(Path path) {
        mountPoint = path;
        return this;
    }

    public Path mountPoint() {
        return mountPoint;
    }

    /** The tree. Required. */
    public MountContext namespace(Namespace tree) {
        namespace = tree;
        return this;
    }

    public Namespace namespace() {
        return namespace;
    }

    /** The files' data. Required. */
    public MountContext dataClient(DataClient client) {
        dataClient = client;
        return this;
    }

    public DataClient dataClient() {
        return dataClient;
    }

    /** Which backend; {@link Backend#AUTO} unless set. */
    public MountContext backend(Backend choice) {
        backend = choice;
        return this;
    }

    public Backend backend() {
        return backend;
    }

    /**
     * Worker threads of the kernel backend, each with a cloned descriptor and a slab in hand. 0: four a core, 8 to 32. A
     * worker waits while its request does, so there must be more of them than cores.
     */
    public MountContext workerCount(int count) {
        workerCount = count;
        return this;
    }

    public int workerCount() {
        return workerCount;
    }

    /** How long the kernel may trust a name it looked up. Changes through this mount are seen at once regardless. */
    public MountContext entryTimeoutNs(long timeoutNs) {
        entryTimeoutNs = timeoutNs;
        return this;
    }

    public long entryTimeoutNs() {
        return entryTimeoutNs;
    }

    /** How long the kernel may trust attributes. A file that is opened is always looked at anew. */
    public MountContext attributeTimeoutNs(long timeoutNs) {
        attributeTimeoutNs = timeoutNs;
        return this;
    }

    public long attributeTimeoutNs() {
        return attributeTimeoutNs;
    }

    /** Readahead and asynchronous requests that the kernel may have under way. */
    public MountContext maxBackgroundRequests(int count) {
        maxBackgroundRequests = count;
        return this;
    }

    public int maxBackgroundRequests() {
        return maxBackgroundRequests;
    }

    /** The kernel's readahead window of one open file, in bytes. */
    public MountContext readAheadBytes(int bytes) {
        readAheadBytes = bytes;
        return this;
    }

    public int readAheadBytes() {
        return readAheadBytes;
    }

    /** How long a busy mount may stay busy while it is unmounted, in ms. */
    public MountContext unmountGraceMs(int graceMs) {
        unmountGraceMs = graceMs;
        return this;
    }

    public int unmountGraceMs() {
        return unmountGraceMs;
    }

    /** Clock for what the jnr backend remembers; the system's unless set. */
    public MountContext nanoClock(NanoClock clock) {
        nanoClock = clock;
        return this;
    }

    public NanoClock nanoClock() {
        return nanoClock;
    }

    /** Told of each bug (an exception that is no operating fault); the request was answered with EIO. Logs unless set. */
    public MountContext errorHandler(ErrorHandler handler) {
        errorHandler = handler;
        return this;
    }

    public ErrorHandler errorHandler() {
        return errorHandler;
    }

    /** Told, in one line, of each request that failed for the storage's sake, on the thread that answered it. */
    public MountContext faultListener(Consumer<String> listener) {
        faultListener = listener;
        return this;
    }

    public Consumer<String> faultListener() {
        return faultListener;
    }

    /** Where the mount counts. */
    public MountContext counters(MountCounters mountCounters) {
        counters = mountCounters;
        return this;
    }

    public MountCounters counters() {
        return counters;
    }

    /**
     * Checks what was set and fills in the rest. Called by {@code Backends.mount}.
     *
     * @throws IllegalArgumentException if a bound is broken.
     */
    public MountContext conclude() {
        Objects.requireNonNull(mountPoint, "mount: mountPoint is not set");
        Objects.requireNonNull(namespace, "mount: namespace is not set");
        Objects.requireNonNull(dataClient, "mount: dataClient is not set");
        mountPoint = mountPoint.toAbsolutePath().normalize();
        concludeWorkers();
        check("entryTimeoutNs", entryTimeoutNs, 0, Long.MAX_VALUE);
        check("attributeTimeoutNs", attributeTimeoutNs, 0, Long.MAX_VALUE);
        check("maxBackgroundRequests", maxBackgroundRequests, 1, 65_535);
        check("readAheadBytes", readAheadBytes, 4096, 256L << 20);
        check("unmountGraceMs", unmountGraceMs, 0, 600_000);
        if (counters == null) {
            counters = new MountCounters();
        }
        if (errorHandler == null) {
            errorHandler = failure ->
                    LoggerFactory.getLogger(FuseMount.class).error("mount: a bug, the request was failed", failure);
        }
        return this;
    }

    private void concludeWorkers() {
        if (workerCount == 0) {
            int cores = Runtime.getRuntime().availableProcessors();
            workerCount = Math.clamp(4L * cores, 8, 32);
        }
        check("workerCount", workerCount, 1, MAX_WORKERS);
        // Each worker holds one slab while it waits for a request: the pool must have enough beside them.
        int slabs = dataClient.slabs().slabCount();
        if (workerCount >= slabs) {
            workerCount = Math.max(1, slabs / 2);
        }
    }

    private static void check(String key, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("mount: " + key + "=" + value + ", expected " + least + " to " + most);
        }
    }
}

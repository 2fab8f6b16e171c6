package org.apollofs.fuse.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.fuse.ApolloFileSystem;
import org.apollofs.fuse.FuseControl;
import org.apollofs.fuse.FuseMount;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountException;
import org.apollofs.fuse.MountException.Reason;
import org.apollofs.fuse.MountPoint;
import org.apollofs.fuse.MountTable;
import org.apollofs.fuse.RequestFailures;
import org.apollofs.io.os.Errno;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mount through /dev/fuse itself. {@link #mount} mounts and settles the protocol on the calling thread; each worker then
 * has a descriptor of its own, cloned from the first, so that workers do not meet in the kernel's queue of answers.
 */
public final class KernelMount implements FuseMount {
    private static final Logger LOG = LoggerFactory.getLogger(KernelMount.class);

    private static final Path PAGE_LIMIT = Path.of("/proc/sys/fs/fuse/max_pages_limit");
    private static final int DEFAULT_PAGE_LIMIT = 256;
    /** The kernel rejects a buffer shorter than this, whatever max_write will be. */
    private static final int LEAST_BUFFER_LENGTH = 8192;

    private static final int IDLE = 0;
    private static final int STARTED = 1;
    private static final int ENDED = 2;

    private final MountContext context;
    private final Path mountPoint;
    private final Negotiation negotiation;
    private final KernelWorker[] workers;
    private final AtomicIntegerArray states;
    private final String device;
    private volatile boolean isAborted;

    private KernelMount(MountContext context, Path mountPoint, Negotiation negotiation, KernelWorker[] workers) {
        this.context = context;
        this.mountPoint = mountPoint;
        this.negotiation = negotiation;
        this.workers = workers;
        this.states = new AtomicIntegerArray(workers.length);
        this.device = MountTable.at(mountPoint).map(MountTable.Entry::device).orElse("");
    }

    /**
     * Mounts.
     *
     * @param context concluded.
     * @throws MountException with one line that says what is missing.
     */
    public static KernelMount mount(MountContext context) {
        Path mountPoint = MountPoint.prepare(context.mountPoint());
        int maxRead = Math.min(context.dataClient().slabs().slabLength(), pageLimit() * Negotiation.PAGE_LENGTH);
        return mounted(context, mountPoint, FuseDevice.mount(mountPoint, maxRead));
    }

    /** As {@link #mount}, with a descriptor that is mounted already. */
    static KernelMount mounted(MountContext context, Path mountPoint, int fd) {
        KernelMount mount;
        try {
            mount = serve(context, mountPoint, fd);
        } catch (RuntimeException e) {
            MountPoint.unmount(mountPoint, 0);
            throw e;
        }
        mount.raiseReadAhead();
        LOG.info("mounted: {}", mount.description());
        return mount;
    }

    @Override
    public String backend() {
        return "kernel";
    }

    @Override
    public Path mountPoint() {
        return mountPoint;
    }

    @Override
    public String description() {
        return "backend=kernel, path=" + mountPoint + ", protocol=7." + negotiation.minor() + ", maxWrite="
                + negotiation.maxWrite() + ", workers=" + workers.length + ", directMmap="
                + negotiation.has(FuseProtocol.DIRECT_IO_ALLOW_MMAP);
    }

    @Override
    public int workerCount() {
        return workers.length;
    }

    @Override
    public Runnable worker(int index) {
        return () -> {
            if (!states.compareAndSet(index, IDLE, STARTED)) {
                throw new IllegalStateException("fuse: worker runs once: index=" + index);
            }
            try {
                workers[index].run();
            } finally {
                states.set(index, ENDED);
            }
        };
    }

    @Override
    public long oldestRequestNs() {
        long oldest = 0;
        for (KernelWorker worker : workers) {
            oldest = Math.max(oldest, worker.waitedNs());
        }
        return oldest;
    }

    @Override
    public boolean isMounted() {
        return MountTable.at(mountPoint).filter(MountTable.Entry::isApollo).isPresent();
    }

    @Override
    public boolean abort() {
        isAborted = !device.isEmpty() && FuseControl.abort(device);
        return isAborted;
    }

    @Override
    public void unmount() {
        if (isMounted()) {
            MountPoint.unmount(mountPoint, context.unmountGraceMs());
        }
    }

    @Override
    public void close() {
        if (!isAborted) {
            unmount();
        }
        for (int i = 0; i < workers.length; i++) {
            if (states.compareAndSet(i, IDLE, ENDED)) {
                workers[i].close();
            } else if (states.get(i) == STARTED) {
                throw new IllegalStateException("fuse: worker still runs: join its thread first: index=" + i);
            }
        }
    }

    private static KernelMount serve(MountContext context, Path mountPoint, int fd) {
        KernelChannel first = new KernelChannel(fd);
        int slabLength = context.dataClient().slabs().slabLength();
        Negotiation negotiation;
        try {
            negotiation = negotiate(first, slabLength, context);
        } catch (RuntimeException e) {
            first.close();
            throw e;
        }
        ApolloFileSystem fileSystem = new ApolloFileSystem(context.namespace(), context.dataClient());
        ReplyEncoder encoder = new ReplyEncoder(
                context.entryTimeoutNs(),
                context.attributeTimeoutNs(),
                negotiation.maxWrite(),
                FuseProtocol.FOPEN_DIRECT_IO | FuseProtocol.FOPEN_PARALLEL_DIRECT_WRITES);
        RequestFailures failures = new RequestFailures(context);
        KernelWorker[] workers = new KernelWorker[context.workerCount()];
        int made = 0;
        try {
            for (; made < workers.length; made++) {
                KernelChannel channel = made == 0 ? first : new KernelChannel(FuseDevice.cloneOf(fd));
                Operations operations =
                        new Operations(channel, fileSystem, context.counters(), encoder, negotiation.maxWrite());
                workers[made] = new KernelWorker(
                        channel,
                        operations,
                        context.dataClient().slabs(),
                        negotiation.maxWrite(),
                        failures,
                        context.nanoClock());
            }
        } catch (RuntimeException e) {
            for (int i = 0; i < made; i++) {
                workers[i].close();
            }
            throw e;
        }
        return new KernelMount(context, mountPoint, negotiation, workers);
    }

    /** Answers INIT, which the kernel sends first of all. */
    private static Negotiation negotiate(KernelChannel channel, int slabLength, MountContext context) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rest = arena.allocate(LEAST_BUFFER_LENGTH, 8);
            long received;
            do {
                received = channel.receive(rest.address(), LEAST_BUFFER_LENGTH);
            } while (Errno.isTransient(received));
            UnsafeBuffer request = channel.request;
            if (received < FuseProtocol.IN_HEADER_LENGTH
                    || request.getInt(FuseProtocol.IN_OPCODE) != FuseProtocol.INIT) {
                throw new MountException(
                        Reason.REFUSED, "mount: the kernel did not begin with INIT: received=" + received);
            }
            channel.gather(rest.address(), (int) received);
            Negotiation negotiation = Negotiation.of(
                    request,
                    FuseProtocol.IN_HEADER_LENGTH,
                    (int) received - FuseProtocol.IN_HEADER_LENGTH,
                    slabLength,
                    pageLimit(),
                    context.readAheadBytes());
            negotiation.encode(channel.out, FuseProtocol.OUT_HEADER_LENGTH, context.maxBackgroundRequests());
            int result = channel.reply(request.getLong(FuseProtocol.IN_UNIQUE), FuseProtocol.INIT_OUT_LENGTH);
            if (result < 0) {
                throw new MountException(
                        Reason.REFUSED, "mount: the kernel refused the answer to INIT: errno=" + Errno.name(result));
            }
            return negotiation;
        }
    }

    private static int pageLimit() {
        // One read: the kernel hands a setting out only once, and Files.readString begins with a single byte.
        byte[] text = new byte[32];
        try (InputStream setting = Files.newInputStream(PAGE_LIMIT)) {
            int length = Math.max(0, setting.read(text));
            return Integer.parseInt(new String(text, 0, length, StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException e) {
            // Kernels before 6.13 have the limit built in.
            return DEFAULT_PAGE_LIMIT;
        }
    }

    /** The kernel lets INIT lower the window of 128 KiB, not raise it; root may raise it here. */
    private void raiseReadAhead() {
        String device = MountTable.at(mountPoint).map(MountTable.Entry::device).orElse("");
        Path setting = Path.of("/sys/class/bdi", device, "read_ahead_kb");
        try {
            Files.writeString(setting, Integer.toString(context.readAheadBytes() / 1024));
        } catch (IOException e) {
            LOG.info("mount: readahead stays at the kernel's default: path={}, cause={}", setting, e.getMessage());
        }
    }
}

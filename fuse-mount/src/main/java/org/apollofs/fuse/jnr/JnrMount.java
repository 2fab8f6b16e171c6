package org.apollofs.fuse.jnr;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import org.apollofs.fuse.ApolloFileSystem;
import org.apollofs.fuse.FuseControl;
import org.apollofs.fuse.FuseMount;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountException;
import org.apollofs.fuse.MountException.Reason;
import org.apollofs.fuse.MountPoint;
import org.apollofs.fuse.MountTable;
import org.apollofs.io.os.Errno;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mount through libfuse 2. The library is loaded when the first such mount is asked for, so the other backend needs
 * none. Each worker runs libfuse's single-threaded loop on one shared descriptor.
 */
public final class JnrMount implements FuseMount {
    private static final Logger LOG = LoggerFactory.getLogger(JnrMount.class);

    private static final String LIBRARY = "libfuse.so.2";
    private static final Path DEVICE = Path.of("/dev/fuse");
    /** libfuse 2 asks for no more than 32 pages at a time. */
    private static final int MAX_IO = 128 * 1024;

    private static final int POINTER_LENGTH = 8;

    private final MountContext context;
    private final Path mountPoint;
    private final LibFuse2 library;
    private final Pointer fuse;
    private final Pointer session;
    private final Arguments arguments;
    /** Held: libfuse calls back into it, and the collector does not see that. */
    private final JnrFileSystem fileSystem;

    /** By worker: when the request under way was begun; 0: none is. */
    private final AtomicLongArray begunNs;

    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final String device;
    private volatile boolean isAborted;

    private JnrMount(
            MountContext context,
            Path mountPoint,
            LibFuse2 library,
            Pointer fuse,
            Arguments arguments,
            JnrFileSystem files) {
        this.context = context;
        this.device = MountTable.at(mountPoint).map(MountTable.Entry::device).orElse("");
        this.begunNs = new AtomicLongArray(context.workerCount());
        this.mountPoint = mountPoint;
        this.library = library;
        this.fuse = fuse;
        this.arguments = arguments;
        this.session = library.fuse_get_session(fuse);
        this.fileSystem = files;
    }

    /** Whether libfuse 2 is on this machine. */
    public static boolean isAvailable() {
        try {
            load();
            return true;
        } catch (MountException e) {
            LOG.debug("{}", e.getMessage());
            return false;
        }
    }

    /**
     * Mounts.
     *
     * @param context concluded.
     * @throws MountException with one line that says what is missing.
     */
    public static JnrMount mount(MountContext context) {
        LibFuse2 library = load();
        if (!Files.exists(DEVICE)) {
            throw new MountException(
                    Reason.NOT_AVAILABLE,
                    "mount: " + DEVICE + " does not exist: load the kernel's fuse module (modprobe fuse), or give the"
                            + " container --device " + DEVICE);
        }
        Path mountPoint = MountPoint.prepare(context.mountPoint());
        ApolloFileSystem files = new ApolloFileSystem(context.namespace(), context.dataClient());
        JnrFileSystem callbacks = new JnrFileSystem(files, context, MAX_IO);
        Arguments arguments = new Arguments("apollo", mountPoint.toString(), "-f", "-o", options(context));
        Pointer fuse = library.fuse_setup(
                arguments.count(),
                arguments.vector,
                callbacks.operations(),
                Struct.size(callbacks.operations()),
                arguments.mountPoint,
                arguments.multithreaded,
                null);
        if (fuse == null) {
            throw new MountException(
                    Reason.REFUSED,
                    "mount failed: libfuse could not mount: path=" + mountPoint
                            + ": its reason stands on standard error; run as root, or install fuse (fusermount)");
        }
        JnrMount mount = new JnrMount(context, mountPoint, library, fuse, arguments, callbacks);
        LOG.info("mounted: {}", mount.description());
        return mount;
    }

    @Override
    public String backend() {
        return "jnr";
    }

    @Override
    public Path mountPoint() {
        return mountPoint;
    }

    @Override
    public String description() {
        return "backend=jnr, path=" + mountPoint + ", library=" + LIBRARY + ", maxWrite=" + MAX_IO + ", workers="
                + workerCount();
    }

    @Override
    public int workerCount() {
        return context.workerCount();
    }

    @Override
    public Runnable worker(int index) {
        return () -> {
            running.incrementAndGet();
            try {
                serve(index);
            } finally {
                running.decrementAndGet();
            }
        };
    }

    /** The loop of fuse_session_loop, which would not show the callbacks which request they belong to. */
    private void serve(int worker) {
        Runtime runtime = Runtime.getSystemRuntime();
        Pointer channel = library.fuse_session_next_chan(session, null);
        Pointer channelCell = Memory.allocateDirect(runtime, POINTER_LENGTH, true);
        long length = library.fuse_chan_bufsize(channel);
        Pointer buffer = Memory.allocateDirect(runtime, (int) length, true);
        RequestView request = fileSystem.request();
        while (library.fuse_session_exited(session) == 0) {
            channelCell.putPointer(0, channel);
            int received = library.fuse_chan_recv(channelCell, buffer, length);
            if (received > 0) {
                request.wrap(buffer, received);
                begunNs.set(worker, context.nanoClock().nanoTime());
                library.fuse_session_process(session, buffer, received, channelCell.getPointer(0));
                begunNs.set(worker, 0);
            } else if (received != -Errno.EINTR) {
                return;
            }
        }
    }

    @Override
    public long oldestRequestNs() {
        long oldest = 0;
        for (int i = 0; i < begunNs.length(); i++) {
            long since = begunNs.get(i);
            oldest = Math.max(oldest, since == 0 ? 0 : context.nanoClock().nanoTime() - since);
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
        if (running.get() > 0) {
            throw new IllegalStateException("fuse: workers still run: join their threads first: count=" + running);
        }
        // Its teardown unmounts: a mount that is left dead keeps its memory until the process ends.
        if (closed.compareAndSet(false, true) && !isAborted) {
            library.fuse_teardown(fuse, arguments.mountPoint.getPointer(0));
        }
    }

    /**
     * Attributes are never cached: libfuse 2 has no way to take them back when somebody else changes a file. No
     * hard_remove: libfuse then hides an open file that loses its name, and {@link HiddenFiles} makes of that what it means.
     */
    private static String options(MountContext context) {
        double entrySeconds = context.entryTimeoutNs() / 1e9;
        return "fsname=" + MountTable.SOURCE + ",subtype=" + MountTable.SOURCE + ",allow_other,default_permissions"
                + ",big_writes,atomic_o_trunc,use_ino,max_read=" + MAX_IO + ",max_write=" + MAX_IO
                + ",max_readahead=" + context.readAheadBytes() + ",max_background=" + context.maxBackgroundRequests()
                + ",entry_timeout=" + entrySeconds + ",negative_timeout=0,attr_timeout=0";
    }

    private static LibFuse2 load() {
        try {
            return Library.INSTANCE;
        } catch (LinkageError e) {
            throw new MountException(
                    Reason.NOT_AVAILABLE, "not supported: backend jnr needs libfuse2 (apt-get install libfuse2)", e);
        }
    }

    /** Loads once, when it is first touched. */
    private static final class Library {
        static final LibFuse2 INSTANCE =
                LibraryLoader.create(LibFuse2.class).failImmediately().load(LIBRARY);
    }

    /** Arguments as main has them, and places for what fuse_setup answers. */
    private static final class Arguments {
        final Pointer vector;
        final Pointer mountPoint;
        final Pointer multithreaded;
        private final Pointer[] strings;

        Arguments(String... texts) {
            Runtime runtime = Runtime.getSystemRuntime();
            strings = new Pointer[texts.length];
            vector = Memory.allocateDirect(runtime, (texts.length + 1) * POINTER_LENGTH, true);
            for (int i = 0; i < texts.length; i++) {
                byte[] bytes = texts[i].getBytes(StandardCharsets.UTF_8);
                strings[i] = Memory.allocateDirect(runtime, bytes.length + 1, true);
                strings[i].put(0, bytes, 0, bytes.length);
                vector.putPointer((long) i * POINTER_LENGTH, strings[i]);
            }
            mountPoint = Memory.allocateDirect(runtime, POINTER_LENGTH, true);
            multithreaded = Memory.allocateDirect(runtime, POINTER_LENGTH, true);
        }

        int count() {
            return strings.length;
        }
    }
}

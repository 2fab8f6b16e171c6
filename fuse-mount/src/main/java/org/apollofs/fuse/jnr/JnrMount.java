package org.apollofs.fuse.jnr;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import org.apollofs.fuse.ApolloFileSystem;
import org.apollofs.fuse.FuseMount;
import org.apollofs.fuse.MountContext;
import org.apollofs.fuse.MountException;
import org.apollofs.fuse.MountException.Reason;
import org.apollofs.fuse.MountPoint;
import org.apollofs.fuse.MountTable;
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

    /** struct fuse_args: argc (4), padding (4), argv (8), allocated (4). */
    private static final int ARGUMENTS_LENGTH = 24;

    private final MountContext context;
    private final Path mountPoint;
    private final LibFuse2 library;
    private final Pointer channel;
    private final Pointer fuse;
    private final Pointer session;
    /** Held: libfuse calls back into it, and the collector does not see that. */
    private final JnrFileSystem fileSystem;

    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();

    private JnrMount(
            MountContext context, Path mountPoint, LibFuse2 library, Pointer channel, Pointer fuse, JnrFileSystem files) {
        this.context = context;
        this.mountPoint = mountPoint;
        this.library = library;
        this.channel = channel;
        this.fuse = fuse;
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
        Arguments arguments = new Arguments("apollo", "-o", options(context));
        Pointer channel = library.fuse_mount(mountPoint.toString(), arguments.memory);
        if (channel == null) {
            throw new MountException(
                    Reason.REFUSED,
                    "mount failed: libfuse could not mount: path=" + mountPoint
                            + ": its reason stands on standard error; run as root, or install fuse (fusermount)");
        }
        Pointer fuse = library.fuse_new(
                channel, arguments.memory, callbacks.operations(), Struct.size(callbacks.operations()), null);
        library.fuse_opt_free_args(arguments.memory);
        if (fuse == null) {
            library.fuse_unmount(mountPoint.toString(), channel);
            throw new MountException(
                    Reason.REFUSED, "mount failed: libfuse refused an option: path=" + mountPoint);
        }
        JnrMount mount = new JnrMount(context, mountPoint, library, channel, fuse, callbacks);
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
                library.fuse_session_loop(session);
            } finally {
                running.decrementAndGet();
            }
        };
    }

    @Override
    public boolean isMounted() {
        return MountTable.at(mountPoint).filter(MountTable.Entry::isApollo).isPresent();
    }

    @Override
    public void unmount() {
        if (isMounted()) {
            MountPoint.unmount(mountPoint, context.unmountGraceMs());
        }
    }

    @Override
    public void close() {
        unmount();
        if (running.get() > 0) {
            throw new IllegalStateException("fuse: workers still run: join their threads first: " + fileSystem);
        }
        if (closed.compareAndSet(false, true)) {
            library.fuse_unmount(mountPoint.toString(), channel);
            library.fuse_destroy(fuse);
        }
    }

    /**
     * Attributes are never cached: libfuse 2 has no way to take them back when somebody else changes a file. hard_remove:
     * unlinked files stay open in the data client instead of under a hidden name.
     */
    private static String options(MountContext context) {
        double entrySeconds = context.entryTimeoutNs() / 1e9;
        return "fsname=" + MountTable.SOURCE + ",subtype=" + MountTable.SOURCE + ",allow_other,default_permissions"
                + ",big_writes,atomic_o_trunc,hard_remove,use_ino,max_read=" + MAX_IO + ",max_write=" + MAX_IO
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

    /** A struct fuse_args, with the strings it points to. */
    private static final class Arguments {
        final Pointer memory;
        private final Pointer vector;
        private final Pointer[] strings;

        Arguments(String... texts) {
            Runtime runtime = Runtime.getSystemRuntime();
            strings = new Pointer[texts.length];
            vector = Memory.allocateDirect(runtime, (texts.length + 1) * 8, true);
            for (int i = 0; i < texts.length; i++) {
                byte[] bytes = texts[i].getBytes(StandardCharsets.UTF_8);
                strings[i] = Memory.allocateDirect(runtime, bytes.length + 1, true);
                strings[i].put(0, bytes, 0, bytes.length);
                vector.putPointer(i * 8L, strings[i]);
            }
            memory = Memory.allocateDirect(runtime, ARGUMENTS_LENGTH, true);
            memory.putInt(0, texts.length);
            memory.putPointer(8, vector);
        }
    }
}

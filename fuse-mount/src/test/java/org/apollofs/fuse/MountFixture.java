package org.apollofs.fuse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apollofs.dataplane.client.DataClient;
import org.apollofs.fuse.backend.Backends;
import org.apollofs.io.os.Libc;
import org.apollofs.namespace.client.Namespace;

/** A mounted file system with its worker threads, taken down again whatever happened. */
public final class MountFixture implements AutoCloseable {
    private static final int TIMEOUT_S = 60;

    public final FuseMount mount;
    final Path root;
    final MountContext context;
    final List<Throwable> bugs = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    MountFixture(Path root, Backend backend, Namespace namespace, DataClient data, int workers) {
        this(root, backend, namespace, data, workers, Backends::mount);
    }

    /** @param mounting makes the mount of a context. */
    public MountFixture(
            Path root,
            Backend backend,
            Namespace namespace,
            DataClient data,
            int workers,
            Function<MountContext, FuseMount> mounting) {
        this.root = root;
        context = new MountContext()
                .mountPoint(root)
                .backend(backend)
                .namespace(namespace)
                .dataClient(data)
                .workerCount(workers)
                .unmountGraceMs(1_000)
                .errorHandler(bugs::add);
        mount = mounting.apply(context);
        for (int i = 0; i < mount.workerCount(); i++) {
            Thread thread = new Thread(mount.worker(i), "fuse-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    /** Runs a shell script in a directory; throws with its output if it fails. @return its standard output. */
    static String shell(Path directory, String script) {
        Result result = tryShell(directory, script);
        if (result.status != 0) {
            throw new AssertionError("status " + result.status + " of: " + script + "\n" + result.output);
        }
        return result.output;
    }

    record Result(int status, String output) {}

    static Result tryShell(Path directory, String script) {
        Path output = null;
        try {
            output = Files.createTempFile("apollo-shell", ".out");
            Process process = new ProcessBuilder("bash", "-c", "set -e; cd \"$0\"; " + script, directory.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError("timed out: " + script + "\n" + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + script, e);
        } finally {
            if (output != null) {
                output.toFile().delete();
            }
        }
    }

    /** Bytes that the workers have allocated since they began. */
    long allocatedBytes() {
        com.sun.management.ThreadMXBean beans =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        return threads.stream()
                .mapToLong(thread -> beans.getThreadAllocatedBytes(thread.threadId()))
                .sum();
    }

    /** Whether a worker still runs. */
    boolean isServing() {
        return threads.stream().anyMatch(Thread::isAlive);
    }

    public String shell(String script) {
        return shell(root, script);
    }

    Result tryShell(String script) {
        return tryShell(root, script);
    }

    static boolean hasCommand(String command) {
        return tryShell(Path.of("/"), "command -v " + command).status == 0;
    }

    @Override
    public void close() {
        try {
            mount.unmount();
        } finally {
            Libc.umount2(root.toString(), Libc.MNT_FORCE | Libc.MNT_DETACH);
        }
        threads.forEach(MountFixture::join);
        mount.close();
        if (!bugs.isEmpty()) {
            AssertionError error = new AssertionError("bugs in the mount: " + bugs);
            bugs.forEach(error::addSuppressed);
            throw error;
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            AssertionError error = new AssertionError("worker did not end: " + thread.getName());
            error.setStackTrace(thread.getStackTrace());
            throw error;
        }
    }
}

package org.apollofs.fuse.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apollofs.fuse.MountException;
import org.apollofs.fuse.MountException.Reason;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;

/**
 * Mounting by a user who may not: the set-user-id program fusermount3 mounts and sends the open /dev/fuse back over a socket
 * whose number it finds in its environment (libfuse, lib/mount.c). Calling thread only.
 */
final class MountHelper {
    private static final String SOCKET_VARIABLE = "_FUSE_COMMFD=";

    /** struct msghdr: name (8), its length (8), iovecs (8), their count (8), control (8), its length (8), flags (8). */
    private static final int MESSAGE_LENGTH = 56;

    private static final int MESSAGE_IOVECS = 16;
    private static final int MESSAGE_IOVEC_COUNT = 24;
    private static final int MESSAGE_CONTROL = 32;
    private static final int MESSAGE_CONTROL_LENGTH = 40;

    /** struct cmsghdr with one descriptor: length (8), level (4), type (4), descriptor (4), padding (4). */
    private static final int CONTROL_LENGTH = 24;

    private static final int CONTROL_LEVEL = 8;
    private static final int CONTROL_TYPE = 12;
    private static final int CONTROL_DESCRIPTOR = 16;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;

    private MountHelper() {}

    /**
     * Mounts.
     *
     * @return the descriptor of /dev/fuse, to be closed by the caller.
     * @throws MountException if the program refuses; its reason is on standard error.
     */
    static int mount(Path program, Path mountPoint, String options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(2 * ValueLayout.JAVA_INT.byteSize(), 8);
            check(Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM, 0, pair.address()), "socketpair");
            int ours = pair.getAtIndex(ValueLayout.JAVA_INT, 0);
            int theirs = pair.getAtIndex(ValueLayout.JAVA_INT, 1);
            int fd;
            try {
                Libc.fcntl(ours, Libc.F_SETFD, Libc.FD_CLOEXEC);
                int pid = spawn(arena, program, mountPoint, options, theirs);
                Libc.close(theirs);
                theirs = -1;
                fd = receive(arena, ours);
                waitFor(pid);
            } finally {
                Libc.close(ours);
                if (theirs >= 0) {
                    Libc.close(theirs);
                }
            }
            if (fd < 0) {
                throw new MountException(
                        Reason.NOT_PERMITTED,
                        "mount failed: " + program + " refused: path=" + mountPoint
                                + ": its reason stands on standard error; run as root, or use --backend jnr");
            }
            Libc.fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC);
            return fd;
        }
    }

    @SuppressWarnings("restricted")
    private static int spawn(Arena arena, Path program, Path mountPoint, String options, int socket) {
        List<String> environment = new ArrayList<>();
        System.getenv().forEach((key, value) -> environment.add(key + "=" + value));
        environment.add(SOCKET_VARIABLE + socket);
        MemorySegment arguments =
                vector(arena, List.of(program.toString(), "-o", options, "--", mountPoint.toString()));
        MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
        Linker linker = Linker.nativeLinker();
        MethodHandle posixSpawn = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("posix_spawn"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS));
        int error;
        try {
            error = (int) posixSpawn.invokeExact(
                    pid,
                    arena.allocateFrom(program.toString()),
                    MemorySegment.NULL,
                    MemorySegment.NULL,
                    arguments,
                    vector(arena, environment));
        } catch (Throwable t) {
            throw new IllegalStateException("posix_spawn failed in the virtual machine", t);
        }
        check(-error, "posix_spawn");
        return pid.get(ValueLayout.JAVA_INT, 0);
    }

    private static MemorySegment vector(Arena arena, List<String> texts) {
        MemorySegment vector = arena.allocate(ValueLayout.ADDRESS, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            vector.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(texts.get(i)));
        }
        return vector;
    }

    /** @return the descriptor that came, or -1 if the other end closed without sending one. */
    private static int receive(Arena arena, int socket) {
        MemorySegment data = arena.allocate(8);
        MemorySegment iovec = arena.allocate(Libc.IOVEC_LENGTH, 8);
        iovec.set(ValueLayout.JAVA_LONG, 0, data.address());
        iovec.set(ValueLayout.JAVA_LONG, 8, 1);
        MemorySegment control = arena.allocate(CONTROL_LENGTH, 8);
        MemorySegment message = arena.allocate(MESSAGE_LENGTH, 8);
        message.set(ValueLayout.JAVA_LONG, MESSAGE_IOVECS, iovec.address());
        message.set(ValueLayout.JAVA_LONG, MESSAGE_IOVEC_COUNT, 1);
        message.set(ValueLayout.JAVA_LONG, MESSAGE_CONTROL, control.address());
        message.set(ValueLayout.JAVA_LONG, MESSAGE_CONTROL_LENGTH, CONTROL_LENGTH);
        long received;
        do {
            received = Libc.recvmsg(socket, message.address(), 0);
        } while (Errno.isTransient(received));
        boolean carriesDescriptor = received > 0
                && control.get(ValueLayout.JAVA_INT, CONTROL_LEVEL) == SOL_SOCKET
                && control.get(ValueLayout.JAVA_INT, CONTROL_TYPE) == SCM_RIGHTS;
        return carriesDescriptor ? control.get(ValueLayout.JAVA_INT, CONTROL_DESCRIPTOR) : -1;
    }

    private static void waitFor(int pid) {
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        long result;
        do {
            result = Libc.syscall(arm ? 260 : 61, pid, 0, 0, 0, 0, 0);
        } while (Errno.isTransient(result));
    }

    private static void check(int result, String call) {
        if (result < 0) {
            throw new MountException(Reason.REFUSED, "mount failed: " + call + ": errno=" + Errno.name(result));
        }
    }
}

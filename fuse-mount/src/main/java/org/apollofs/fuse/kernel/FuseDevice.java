package org.apollofs.fuse.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;
import org.apollofs.fuse.FuserMount;
import org.apollofs.fuse.MountException;
import org.apollofs.fuse.MountException.Reason;
import org.apollofs.fuse.MountTable;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;

/** Descriptors of /dev/fuse: mounted, directly or through fusermount3, and cloned. The caller closes them. */
final class FuseDevice {
    private static final String DEVICE = "/dev/fuse";
    private static final String TYPE = "fuse.apollo";

    private FuseDevice() {}

    /**
     * Mounts, as root by itself, as another user through fusermount3.
     *
     * @param maxRead most bytes of one READ.
     * @return the mounted descriptor.
     * @throws MountException with one line that says what is missing.
     */
    static int mount(Path mountPoint, int maxRead) {
        int fd = open();
        String options =
                "fd=" + fd + ",rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,max_read=" + maxRead;
        int result =
                Libc.mount(MountTable.SOURCE, mountPoint.toString(), TYPE, Libc.MS_NOSUID | Libc.MS_NODEV, options);
        if (result >= 0) {
            return fd;
        }
        Libc.close(fd);
        if (result == -Errno.EPERM || result == -Errno.EACCES) {
            return mountAsUser(mountPoint, maxRead, result);
        }
        throw new MountException(Reason.REFUSED, "mount failed: path=" + mountPoint + ", errno=" + Errno.name(result));
    }

    /** Mounts through fusermount3: only the mounting user then sees the files (no allow_other). */
    static int mountThrough(Path program, Path mountPoint, int maxRead) {
        String options = "fsname=" + MountTable.SOURCE + ",subtype=" + MountTable.SOURCE
                + ",nosuid,nodev,default_permissions,max_read=" + maxRead;
        return MountHelper.mount(program, mountPoint, options);
    }

    /** One more descriptor with a queue of its own. */
    static int cloneOf(int fd) {
        int clone = open();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocate(ValueLayout.JAVA_INT);
            source.set(ValueLayout.JAVA_INT, 0, fd);
            int result = Libc.ioctl(clone, FuseProtocol.DEV_IOC_CLONE, source.address());
            if (result < 0) {
                Libc.close(clone);
                throw new MountException(
                        Reason.REFUSED, "mount: descriptor cannot be cloned: errno=" + Errno.name(result));
            }
            return clone;
        }
    }

    private static int mountAsUser(Path mountPoint, int maxRead, int refusal) {
        Optional<Path> program = FuserMount.find();
        if (program.isEmpty()) {
            throw new MountException(
                    Reason.NOT_PERMITTED,
                    "not supported: mounting as a user needs fusermount3: errno=" + Errno.name(refusal)
                            + ": apt-get install fuse3, or run as root (in a container with --cap-add SYS_ADMIN)");
        }
        return mountThrough(program.get(), mountPoint, maxRead);
    }

    private static int open() {
        int fd = Libc.open(DEVICE, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC, 0);
        if (fd >= 0) {
            return fd;
        }
        boolean refused = fd == -Errno.EACCES || fd == -Errno.EPERM;
        throw new MountException(
                refused ? Reason.NOT_PERMITTED : Reason.NOT_AVAILABLE,
                "mount: " + DEVICE + " cannot be opened: errno=" + Errno.name(fd) + ": "
                        + (refused
                                ? "run as root, or let users open it (chmod 666 " + DEVICE + ")"
                                : "load the kernel's fuse module (modprobe fuse), or give the container --device "
                                        + DEVICE));
    }
}

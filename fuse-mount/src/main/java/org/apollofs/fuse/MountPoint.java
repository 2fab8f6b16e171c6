package org.apollofs.fuse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory to mount on: checked before, and unmounted after, in the same way by both backends. */
public final class MountPoint {
    private static final Logger LOG = LoggerFactory.getLogger(MountPoint.class);
    private static final int STEP_MS = 50;

    private MountPoint() {}

    /**
     * Finds out whether a directory can be mounted on, and changes nothing: a mount that a killed Apollo process left there
     * stays, dead, until it is served again.
     *
     * @return the path without symbolic links.
     * @throws MountException if it is absent, not a directory, not empty, or a mount already.
     */
    public static Path check(Path path) {
        Path real = realPath(path);
        Optional<MountTable.Entry> mounted = MountTable.at(real);
        if (mounted.isPresent()) {
            if (!mounted.get().isApollo() || !isDead(real)) {
                throw busy(real, mounted.get());
            }
        } else if (!MountGuard.isGuarded(real) || Files.isReadable(real)) {
            checkEmptyDirectory(real);
        }
        return real;
    }

    /**
     * Detaches mounts that a killed Apollo process left: to be called only when the next one is about to be made.
     *
     * @return the path without symbolic links.
     * @throws MountException if something else is mounted there, or the kernel refuses.
     */
    public static Path detachDead(Path path) {
        Path real = realPath(path);
        Optional<MountTable.Entry> mounted = MountTable.at(real);
        // Stale mounts may lie on top of each other.
        while (mounted.isPresent() && mounted.get().isApollo() && isDead(real)) {
            LOG.warn("mount point: detaching what a process that is gone left there: path={}", real);
            int result = tryUnmount(real, Libc.MNT_DETACH);
            if (result < 0) {
                throw new MountException(
                        MountException.Reason.MOUNT_POINT,
                        "mount point has a dead mount on it that cannot be detached: path=" + real + ", errno="
                                + Errno.name(result) + ": run 'umount -l " + real + "' as root");
            }
            mounted = MountTable.at(real);
        }
        if (mounted.isPresent()) {
            throw busy(real, mounted.get());
        }
        return real;
    }

    private static MountException busy(Path real, MountTable.Entry mounted) {
        return new MountException(
                MountException.Reason.MOUNT_POINT,
                "mount point is busy: path=" + real + ", mounted=" + mounted.type() + " from " + mounted.source()
                        + ": unmount it, or choose another directory");
    }

    /**
     * Makes a directory ready to be mounted on at once: {@link #detachDead}, and it must be empty.
     *
     * @return the path without symbolic links.
     * @throws MountException if it is absent, not a directory, not empty, or a mount already.
     */
    public static Path prepare(Path path) {
        Path real = detachDead(path);
        checkEmptyDirectory(real);
        return real;
    }

    /**
     * Unmounts: in order while nobody uses it, and by force after the grace.
     *
     * @throws MountException if the kernel refuses.
     */
    public static void unmount(Path mountPoint, int graceMs) {
        int result = tryUnmount(mountPoint, 0);
        for (int waitedMs = 0; result == -Errno.EBUSY && waitedMs < graceMs; waitedMs += STEP_MS) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(STEP_MS));
            result = tryUnmount(mountPoint, 0);
        }
        if (result == -Errno.EBUSY) {
            LOG.warn("unmount: programs still use it, their next call fails: path={}", mountPoint);
            abort(mountPoint);
            // MNT_FORCE first ends the connection, which MNT_DETACH alone would leave to the last user.
            result = tryUnmount(mountPoint, Libc.MNT_FORCE | Libc.MNT_DETACH);
        }
        if (result < 0 && result != -Errno.EINVAL && result != -Errno.ENOENT) {
            throw new MountException(
                    MountException.Reason.REFUSED,
                    "unmount failed: path=" + mountPoint + ", errno=" + Errno.name(result));
        }
    }

    private static int tryUnmount(Path mountPoint, int flags) {
        int result = Libc.umount2(mountPoint.toString(), flags);
        return result == -Errno.EPERM ? FuserMount.unmount(mountPoint, flags != 0) : result;
    }

    /** Ends the connection where this user may not use MNT_FORCE. */
    private static void abort(Path mountPoint) {
        MountTable.at(mountPoint).ifPresent(entry -> FuseControl.abort(entry.device()));
    }

    private static Path realPath(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            return absolute.toRealPath();
        } catch (IOException e) {
            // The root of a dead mount cannot be resolved; the directory above it can.
            Path parent = absolute.getParent();
            try {
                if (parent != null && absolute.getFileName() != null) {
                    Path real = parent.toRealPath().resolve(absolute.getFileName());
                    if (MountTable.at(real).isPresent()) {
                        return real;
                    }
                }
            } catch (IOException absent) {
                e.addSuppressed(absent);
            }
            throw new MountException(
                    MountException.Reason.MOUNT_POINT,
                    "mount point does not exist: path=" + absolute + ": create the directory",
                    e);
        }
    }

    private static boolean isDead(Path path) {
        int fd = Libc.open(path.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC, 0);
        if (fd >= 0) {
            Libc.close(fd);
        }
        return fd == -Errno.ENOTCONN || fd == -Errno.ECONNABORTED;
    }

    private static void checkEmptyDirectory(Path path) {
        if (!Files.isDirectory(path)) {
            throw new MountException(MountException.Reason.MOUNT_POINT, "mount point is not a directory: path=" + path);
        }
        try (Stream<Path> entries = Files.list(path)) {
            if (entries.findAny().isPresent()) {
                throw new MountException(
                        MountException.Reason.MOUNT_POINT,
                        "mount point is not empty: path=" + path
                                + ": what is in it would be hidden, choose another directory");
            }
        } catch (IOException e) {
            throw new MountException(
                    MountException.Reason.MOUNT_POINT,
                    "mount point cannot be read: path=" + path + ", cause=" + e.getMessage(),
                    e);
        }
    }
}

package org.apollofs.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.Libc;
import org.apollofs.io.os.OpenFlags;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps programs from writing into the directory below a mount while the mount is away: else what they write would lie on
 * the machine's own disk, under the name of the site.
 *
 * <p>The directory gets mode 000, which stops every user but root, and the immutable attribute (chattr +i), which stops
 * root too, where the process may set it and the file system knows it. A note says what it was before. The guard stays
 * when the process dies, however that happens; the next one takes it over, and an orderly stop takes it away.
 *
 * <p>One thread. Holds a descriptor of the directory, through which it is reached below the mount.
 */
public final class MountGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MountGuard.class);

    // linux/fs.h
    private static final long FS_IOC_GETFLAGS = 0x8008_6601L;
    private static final long FS_IOC_SETFLAGS = 0x4008_6602L;
    private static final int FS_IMMUTABLE_FL = 0x10;

    private static final Set<PosixFilePermission> NOTHING = Set.of();
    /** Of a guarded directory without a note. */
    private static final String USUAL_MODE = "rwxr-xr-x";

    private final Path note;
    private final int fd;
    private final String mode;

    private MountGuard(Path note, int fd, String mode) {
        this.note = note;
        this.fd = fd;
        this.mode = mode;
    }

    /**
     * Gets hold of a directory before it is mounted on. If it is guarded by a process that is gone, it is opened up as far
     * as mounting needs: root needs nothing.
     *
     * @param directory without links; nothing is mounted there.
     * @param note a file for what the directory was, in a folder that outlives the process.
     */
    public static MountGuard of(Path directory, Path note) {
        try {
            String mode = modeOf(directory, note);
            Files.writeString(note, directory + "\n" + mode + "\n");
            return hold(directory, note, mode);
        } catch (IOException e) {
            throw new MountException(
                    MountException.Reason.MOUNT_POINT,
                    "mount point cannot be guarded: path=" + directory + ", note=" + note + ", cause=" + e,
                    e);
        }
    }

    /** Whether a directory has the mode of a guarded one. */
    static boolean isGuarded(Path directory) {
        try {
            return Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS)
                    .isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Opens a directory that is guarded, for whoever cleans up after a process that was killed. Nothing is mounted there.
     *
     * <p>The note may lie on the disk whose end was the process's: without it the directory gets the usual mode.
     */
    public static void takeAway(Path directory, Path note) {
        if (!isGuarded(directory)) {
            return;
        }
        String mode = USUAL_MODE;
        try {
            mode = noted(directory, note);
        } catch (IOException e) {
            LOG.warn(
                    "mount point: note of its guard cannot be read, gets the usual mode: path={}, mode={}, note={},"
                            + " cause={}",
                    directory,
                    mode,
                    note,
                    e.toString());
        }
        try (MountGuard guard = hold(directory, note, mode)) {
            guard.undo();
        } catch (IOException e) {
            throw new MountException(
                    MountException.Reason.MOUNT_POINT,
                    "mount point cannot be opened again: path=" + directory + ", cause=" + e,
                    e);
        }
    }

    private static String modeOf(Path directory, Path note) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
        if (!permissions.isEmpty()) {
            return PosixFilePermissions.toString(permissions);
        }
        String mode = noted(directory, note);
        LOG.info("mount point was guarded by a process that is gone: path={}, mode={}", directory, mode);
        return mode;
    }

    private static String noted(Path directory, Path note) throws IOException {
        try {
            List<String> lines = Files.readAllLines(note);
            boolean same = lines.size() == 2 && lines.getFirst().equals(directory.toString());
            return same && !lines.getLast().equals("---------") ? lines.getLast() : USUAL_MODE;
        } catch (NoSuchFileException e) {
            return USUAL_MODE;
        }
    }

    private static MountGuard hold(Path directory, Path note, String mode) throws IOException {
        int fd = open(directory);
        if (fd == -Errno.EACCES) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
            fd = open(directory);
        }
        if (fd < 0) {
            throw new MountException(
                    MountException.Reason.MOUNT_POINT,
                    "mount point cannot be opened: path=" + directory + ", errno=" + Errno.name(fd));
        }
        return new MountGuard(note, fd, mode);
    }

    private static int open(Path directory) {
        return Libc.open(directory.toString(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC, 0);
    }

    /** Closes the directory to everybody, below the mount. @return whether root's programs are kept out too. */
    public boolean guard() {
        setImmutable(false);
        setMode(NOTHING);
        int result = setImmutable(true);
        if (result < 0) {
            LOG.info(
                    "mount point: its directory is closed to all but root: immutable attribute: errno={}: if this"
                            + " process dies and somebody unmounts what it leaves, root's programs can write below",
                    Errno.name(result));
        }
        return result >= 0;
    }

    /** Opens the directory as it was before, and forgets the note. Nothing is mounted there any more. */
    public void undo() {
        setImmutable(false);
        setMode(PosixFilePermissions.fromString(mode));
        try {
            Files.deleteIfExists(note);
        } catch (IOException e) {
            // It does no harm: the next guard replaces it.
            LOG.warn("mount point: note of its guard cannot be deleted: path={}, cause={}", note, e.toString());
        }
    }

    private void setMode(Set<PosixFilePermission> permissions) {
        // Through the descriptor: the path leads to the mount.
        Path below = Path.of("/proc/self/fd", Integer.toString(fd));
        try {
            Files.setPosixFilePermissions(below, permissions);
        } catch (IOException e) {
            throw new MountException(
                    MountException.Reason.MOUNT_POINT,
                    "mount point: mode of its directory cannot be changed: cause=" + e.getMessage(),
                    e);
        }
    }

    /** @return 0, or -errno: EPERM without the right, ENOTTY or EOPNOTSUPP where the file system has no attributes. */
    private int setImmutable(boolean immutable) {
        UnsafeBuffer flags = new UnsafeBuffer(ByteBuffer.allocateDirect(Long.BYTES));
        int result = Libc.ioctl(fd, FS_IOC_GETFLAGS, flags.addressOffset());
        if (result < 0) {
            return result;
        }
        int before = flags.getInt(0);
        int after = immutable ? before | FS_IMMUTABLE_FL : before & ~FS_IMMUTABLE_FL;
        flags.putInt(0, after);
        return before == after ? 0 : Libc.ioctl(fd, FS_IOC_SETFLAGS, flags.addressOffset());
    }

    /** Lets go of the directory, as it is now. */
    @Override
    public void close() {
        Libc.close(fd);
    }
}

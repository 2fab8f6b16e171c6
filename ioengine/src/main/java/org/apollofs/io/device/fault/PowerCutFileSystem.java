package org.apollofs.io.device.fault;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An XFS of its own on a loop device, whose power can be cut while real processes write to it: after {@link #cut()} all that
 * was not synced is gone and everything fails with EIO, and {@link #restore()} brings back what a machine would find when it
 * starts again. Where {@link FaultyDisk} proves the order of writes and syncs, this proves that the real device, file and
 * mapping code really syncs. (xfs_io(8), shutdown: the log is not flushed.)
 *
 * <p>One thread; others may use the files. Needs root, loop devices and Debian's xfsprogs: {@link #isSupported()}. The
 * creator closes it, which unmounts and deletes.
 */
public final class PowerCutFileSystem implements AutoCloseable {
    /** Smallest file system that mkfs.xfs makes, bytes. */
    public static final long LEAST_BYTES = 300L << 20;

    private static final long COMMAND_TIMEOUT_S = 60;
    private static final int UNMOUNT_TRIES = 1_000;

    private final Path image;
    private final Path root;
    private boolean mounted;

    private PowerCutFileSystem(Path image, Path root) {
        this.image = image;
        this.root = root;
    }

    /** Whether this machine and user can make one. */
    public static boolean isSupported() {
        return "root".equals(System.getProperty("user.name"))
                && Files.exists(Path.of("/dev/loop-control"))
                && succeeds("mkfs.xfs", "-V")
                && succeeds("xfs_io", "-V");
    }

    /**
     * Makes and mounts one.
     *
     * @param folder exists; gets the image and the mount point.
     * @param bytes at least {@link #LEAST_BYTES}; the image is sparse.
     */
    public static PowerCutFileSystem create(Path folder, long bytes) throws IOException {
        Path image = folder.resolve("xfs.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        PowerCutFileSystem made = new PowerCutFileSystem(image, Files.createDirectory(folder.resolve("xfs")));
        run("mkfs.xfs", "-q", "-f", image.toString());
        made.mount();
        return made;
    }

    /** Where it is mounted. */
    public Path root() {
        return root;
    }

    /** Cuts the power. Whoever uses its files gets EIO from now on, and should be killed. */
    public void cut() throws IOException {
        run("xfs_io", "-x", "-c", "shutdown", root.toString());
    }

    /**
     * What comes after a power cut: the file system is mounted again and recovers from its log. Nobody may have a file open in
     * it any more; somebody who is just ending is waited for.
     */
    public void restore() throws IOException {
        unmount();
        mount();
    }

    private void mount() throws IOException {
        run("mount", "-o", "loop", image.toString(), root.toString());
        mounted = true;
    }

    private void unmount() throws IOException {
        for (int tries = 1; !succeeds("umount", root.toString()); tries++) {
            if (tries == UNMOUNT_TRIES) {
                run("umount", root.toString());
            }
        }
        mounted = false;
    }

    @Override
    public void close() throws IOException {
        if (mounted) {
            unmount();
        }
        Files.deleteIfExists(image);
        Files.deleteIfExists(root);
    }

    private static boolean succeeds(String... command) {
        try {
            run(command);
            return true;
        } catch (IOException e) {
            // Not installed, or refused: the answer is no.
            return false;
        }
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(COMMAND_TIMEOUT_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("failed: " + String.join(" ", List.of(command)) + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + command[0], e);
        } finally {
            process.destroyForcibly();
        }
    }
}

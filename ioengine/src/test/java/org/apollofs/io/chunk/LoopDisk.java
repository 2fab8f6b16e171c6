package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A file as a disk: an XFS on it that can be shut down in the middle of things, so that what was not synced is gone. Wants
 * root, loop devices and xfsprogs. Its maker closes it.
 */
public final class LoopDisk implements AutoCloseable {
    private static final List<String> TOOL_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin");
    private static final long LENGTH = 512L << 20;
    private static final long UNMOUNT_DEADLINE_NS = TimeUnit.SECONDS.toNanos(30);

    private final Path file;
    private final Path mount;
    private boolean mounted;

    private LoopDisk(Path file, Path mount) {
        this.file = file;
        this.mount = mount;
    }

    /** Makes and mounts it in a folder. @return null if this machine cannot. */
    public static LoopDisk tryMake(Path folder) throws IOException, InterruptedException {
        if (!"root".equals(System.getProperty("user.name")) || tool("mkfs.xfs") == null || tool("xfs_io") == null) {
            return null;
        }
        LoopDisk disk = new LoopDisk(folder.resolve("disk"), Files.createDirectory(folder.resolve("mount")));
        try (RandomAccessFile length = new RandomAccessFile(disk.file.toFile(), "rw")) {
            length.setLength(LENGTH);
        }
        if (call(List.of(tool("mkfs.xfs"), "-q", disk.file.toString())) != 0) {
            return null;
        }
        return call(disk.mountCommand()) == 0 ? disk.marked(true) : null;
    }

    /** Where it is mounted. */
    public Path path() {
        return mount;
    }

    /** The power goes: what is not on the disk never will be. */
    public void cut() throws IOException, InterruptedException {
        assertEquals(0, call(List.of(tool("xfs_io"), "-x", "-c", "shutdown", mount.toString())), "shutdown");
    }

    /** The power is back. Nothing may have the old mount open. */
    public void restart() throws IOException, InterruptedException {
        unmount();
        assertEquals(0, call(mountCommand()), "mount");
        mounted = true;
    }

    private List<String> mountCommand() {
        return List.of(tool("mount"), "-t", "xfs", "-o", "loop", file.toString(), mount.toString());
    }

    private LoopDisk marked(boolean isMounted) {
        mounted = isMounted;
        return this;
    }

    /** Full path of a program, or null. */
    public static String tool(String name) {
        for (String folder : TOOL_FOLDERS) {
            File program = new File(folder, name);
            if (program.canExecute()) {
                return program.getPath();
            }
        }
        return null;
    }

    /** Runs a program. @return its exit status. */
    public static int call(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(new ArrayList<>(command))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), command + ": " + output);
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        if (mounted) {
            try {
                unmount();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted, still mounted: " + mount, e);
            }
        }
    }

    /** The kernel lets go of an io_uring's files some time after its process has ended. */
    private void unmount() throws IOException, InterruptedException {
        long endNs = System.nanoTime() + UNMOUNT_DEADLINE_NS;
        int result = call(List.of(tool("umount"), mount.toString()));
        while (result != 0 && System.nanoTime() < endNs) {
            result = call(List.of(tool("umount"), mount.toString()));
        }
        assertEquals(0, result, "umount " + mount);
        mounted = false;
    }
}

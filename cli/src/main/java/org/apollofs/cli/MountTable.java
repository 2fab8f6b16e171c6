package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the kernel has mounted, as this process sees it. Any thread. */
final class MountTable {
    private static final Path MOUNT_INFO = Path.of("/proc/self/mountinfo");
    private static final int MOUNT_POINT_FIELD = 4;
    private static final long UMOUNT_TIMEOUT_S = 20;

    private MountTable() {}

    /** Whether something is mounted exactly there. The path is not touched: it may be a mount that hangs. */
    static boolean isMounted(Path mountPoint) throws IOException {
        return mountPoints().contains(mountPoint.toAbsolutePath().normalize());
    }

    /** Detaches whatever is mounted at or below a path, deepest first. @return lines for what could not be. */
    static List<String> detachBelow(Path path) throws IOException {
        Path root = path.toAbsolutePath().normalize();
        List<Path> below = new ArrayList<>(
                mountPoints().stream().filter(mount -> mount.startsWith(root)).toList());
        below.sort(Comparator.comparingInt(Path::getNameCount).reversed());
        List<String> failures = new ArrayList<>();
        for (Path mount : below) {
            if (!run("umount", "-l", mount.toString()) && !run("fusermount", "-uz", mount.toString())) {
                failures.add("a mount could not be detached: mount=" + mount + ": run 'umount -l " + mount + "'");
            }
        }
        return failures;
    }

    private static List<Path> mountPoints() throws IOException {
        List<Path> mounts = new ArrayList<>();
        for (String line : Files.readAllLines(MOUNT_INFO)) {
            mounts.add(Path.of(unescape(line.split(" ", -1)[MOUNT_POINT_FIELD])));
        }
        return mounts;
    }

    /** proc(5): space, tab, line feed and backslash are octal escapes. */
    private static String unescape(String text) {
        return text.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }

    private static boolean run(String... command) throws IOException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(UMOUNT_TIMEOUT_S, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            // Not installed: the caller has another way, and reports if none works.
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

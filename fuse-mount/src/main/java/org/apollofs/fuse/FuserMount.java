package org.apollofs.fuse;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apollofs.io.os.Errno;

/** The set-user-id program that mounts and unmounts for users who may not: fusermount3, or fusermount. */
public final class FuserMount {
    private static final List<String> PROGRAMS = List.of("fusermount3", "fusermount");

    private FuserMount() {}

    /** The program, or empty if there is none on the path. */
    public static Optional<Path> find() {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        for (String program : PROGRAMS) {
            for (String directory : path.split(File.pathSeparator)) {
                Path candidate = Path.of(directory, program);
                if (Files.isExecutable(candidate)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Unmounts.
     *
     * @param lazily detaches a mount that is in use.
     * @return 0, or -EBUSY, or -EPERM if there is no such program.
     * @throws MountException if the program says anything else.
     */
    static int unmount(Path mountPoint, boolean lazily) {
        Optional<Path> program = find();
        if (program.isEmpty()) {
            return -Errno.EPERM;
        }
        try {
            Process process = new ProcessBuilder(
                            program.get().toString(), lazily ? "-uz" : "-u", "--", mountPoint.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() == 0) {
                return 0;
            }
            if (output.contains("busy")) {
                return -Errno.EBUSY;
            }
            throw new MountException(
                    MountException.Reason.REFUSED, "unmount failed: path=" + mountPoint + ", cause=" + output);
        } catch (IOException e) {
            throw new MountException(
                    MountException.Reason.REFUSED,
                    "unmount failed: path=" + mountPoint + ", cause=" + e.getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -Errno.EINTR;
        }
    }
}

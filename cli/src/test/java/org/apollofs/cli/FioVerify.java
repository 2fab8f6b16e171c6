package org.apollofs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** fio that writes blocks at random, reads them back and compares, all the time. */
final class FioVerify {
    private static final long GRACE_SECONDS = 180;

    private final Process process;
    private final Path log;

    private FioVerify(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    static boolean isSupported() {
        return Shell.succeeds("fio", "--version");
    }

    /** @param folder in the mount; made. @param seconds how long it works. */
    static FioVerify start(Path folder, Path log, long seconds) throws IOException {
        Files.createDirectories(folder);
        Process process = new ProcessBuilder(
                        "fio",
                        "--name=verify",
                        "--directory=" + folder,
                        "--rw=randwrite",
                        "--bs=64k",
                        "--size=16m",
                        "--fsync=32",
                        "--verify=crc32c",
                        "--verify_fatal=1",
                        "--verify_backlog=16",
                        "--verify_state_save=0",
                        "--time_based",
                        "--runtime=" + seconds)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        return new FioVerify(process, log);
    }

    /** Waits for its end. @return what is wrong, or null. */
    String problem(long seconds) throws IOException, InterruptedException {
        if (!process.waitFor(seconds + GRACE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return "fio hangs";
        }
        if (process.exitValue() == 0) {
            return null;
        }
        return "fio failed: exit=" + process.exitValue() + ": "
                + Files.readString(log)
                        .lines()
                        .filter(line -> line.contains("error") || line.contains("verify"))
                        .limit(3)
                        .toList();
    }

    void kill() {
        process.destroyForcibly();
    }
}

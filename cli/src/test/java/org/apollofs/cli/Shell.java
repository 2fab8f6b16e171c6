package org.apollofs.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Commands of the operating system that tests need. */
final class Shell {
    private Shell() {}

    /** @return what it printed. @throws IOException if it fails. */
    static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("failed: " + String.join(" ", command) + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + command[0], e);
        }
        return output;
    }

    /** Whether there is such a command, and it succeeds. */
    static boolean succeeds(String... command) {
        try {
            run(command);
            return true;
        } catch (IOException e) {
            // Not installed, or refused: the answer is no.
            return false;
        }
    }
}

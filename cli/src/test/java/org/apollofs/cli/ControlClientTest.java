package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a command says that cannot ask the site. */
@Timeout(300)
final class ControlClientTest {
    @TempDir
    private Path temporary;

    private SiteFolder site(String mode) throws IOException {
        SiteFolder folder = SiteFolder.of(Files.createDirectory(temporary.resolve("site")));
        Files.createDirectory(folder.run());
        Files.writeString(folder.record(), "{}");
        Files.writeString(folder.control(), folder.run().resolve("control.sock") + "\n");
        Files.setPosixFilePermissions(folder.root(), PosixFilePermissions.fromString(mode));
        return folder;
    }

    @Test
    void shouldTellASiteThatDoesNotRunFromNoSite() throws IOException {
        SiteFolder folder = site("rwx------");
        CliRun stopped = CliRun.of("status", "--dir", folder.root().toString());
        assertEquals(ExitCode.UNAVAILABLE.code(), stopped.exitCode(), stopped.err());
        CliRun absent = CliRun.of("status", "--dir", temporary.resolve("absent").toString());
        assertEquals(ExitCode.SITE.code(), absent.exitCode(), absent.err());
        assertTrue(absent.err().contains("no site"), absent.err());
    }

    @Test
    void shouldTellAnotherUserThatItMayNotAsk() throws IOException, InterruptedException {
        Path folder = site("rwx------").root();
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> nobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        assumeTrue(run(nobody, List.of("true")).startsWith("0 "), "needs root and setpriv(1)");
        List<String> java = JvmCommand.apollo(List.of("status", "--dir", folder.toString()));
        assumeTrue(run(nobody, List.of(java.getFirst(), "-version")).startsWith("0 "), "nobody may not run this JVM");
        java.set(java.indexOf("-cp") + 1, readableClasses());
        String said = run(nobody, java);
        assertTrue(said.startsWith(ExitCode.PERMISSION.code() + " "), said);
        assertTrue(said.contains("no permission to ask the site"), said);
    }

    /** @return a class path as this one, of copies that anybody may read: a repository of Maven's may be its owner's only. */
    private String readableClasses() throws IOException {
        Path copies = Files.createDirectory(temporary.resolve("classes"));
        Files.setPosixFilePermissions(copies, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            if (entry.isEmpty() || !Files.exists(Path.of(entry))) {
                continue;
            }
            Path copy = copies.resolve(Integer.toString(entries.size()));
            Shell.run("cp", "-r", entry, copy.toString());
            Shell.run("chmod", "-R", "a+rX", copy.toString());
            entries.add(copy.toString());
        }
        return String.join(":", entries);
    }

    /** @return the exit code, a blank, the output. */
    private static String run(List<String> prefix, List<String> command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        try {
            Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() + " " + output;
        } catch (IOException e) {
            return "127 " + e.getMessage();
        }
    }
}

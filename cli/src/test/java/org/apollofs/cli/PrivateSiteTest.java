package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apollofs.profile.ProfileLoader;
import org.apollofs.profile.ProfileWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A site and those who are none of it: other users of the machine, its network, and processes that were killed. */
@Timeout(240)
final class PrivateSiteTest {
    /** Of the default profile, whatever it has done: 80 MiB for lanes, 200 for the namespace, and a client's 100. */
    private static final long MOST_SHARED_MEMORY = 400L << 20;

    private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rwx------");

    @TempDir
    private Path temporary;

    private static List<Path> openToOthers(Path tree) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.toList()) {
                if (!Files.isSymbolicLink(file)
                        && !OWN.containsAll(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS))) {
                    found.add(file);
                }
            }
        }
        return found;
    }

    /** Inodes of a process's UDP sockets that are bound to a port. */
    private static Set<String> sockets(long pid) throws IOException {
        Set<String> bound = new HashSet<>();
        for (String table : List.of("udp", "udp6", "tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "net", table))) {
                String[] words = line.strip().split("\\s+");
                if (words.length > 9) {
                    bound.add("socket:[" + words[9] + "]");
                }
            }
        }
        Set<String> own = new HashSet<>();
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path file : files.toList()) {
                try {
                    own.add(Files.readSymbolicLink(file).toString());
                } catch (NoSuchFileException e) {
                    // Closed meanwhile, as that of the list itself.
                }
            }
        }
        own.retainAll(bound);
        return own;
    }

    private static long length(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private SiteProcess launch(Path mountPoint, Path site) throws IOException {
        Path profile = temporary.resolve("profile.yaml");
        Files.writeString(
                profile,
                ProfileWriter.toYaml(ProfileLoader.load("embedded").withTargetSize(64L << 20)),
                StandardCharsets.UTF_8);
        return SiteProcess.launch(new SiteProcess.SiteSpec(
                site, mountPoint, temporary.resolve("site.log"), List.of("--profile", profile.toString())));
    }

    @Test
    void shouldListenToNothingAndShowNothingToOthers() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        Path mountPoint = Files.createDirectory(temporary.resolve("mnt"));
        Path site = temporary.resolve("site");
        SiteProcess running = launch(mountPoint, site);
        Path buffers = null;
        try {
            running.awaitReady();
            Files.writeString(mountPoint.resolve("file"), "content");
            assertEquals(
                    0,
                    CliRun.of("kv", "put", "k", "v", "--dir", site.toString()).exitCode());
            buffers = Path.of(Files.readString(SiteFolder.of(site).driver()).strip());
            assertEquals(Set.of(), sockets(running.pid()));
            assertEquals(List.of(), openToOthers(site));
            assertEquals(List.of(), openToOthers(buffers));
            assertTrue(length(buffers) < MOST_SHARED_MEMORY, "shared memory=" + length(buffers));
            running.abort();
            assertTrue(running.awaitEnd(Duration.ofSeconds(30)));
            assertTrue(Files.exists(buffers));
            CliRun status = CliRun.of("status", "--dir", site.toString());
            assertEquals(ExitCode.UNAVAILABLE.code(), status.exitCode(), status.err());
            assertFalse(Files.exists(buffers), "what a killed process left is still there: " + buffers);
        } finally {
            running.end(Duration.ofSeconds(30)).forEach(System.out::println);
            MountTable.detachBelow(temporary);
            if (buffers != null) {
                SiteFolder.deleteTree(buffers);
            }
        }
    }

    @Test
    void shouldTakeFromOthersWhatAnEarlierBuildGaveThem() throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("old/archive"));
        Path recording = Files.writeString(folder.resolve("0-0.rec"), "content");
        Path script = Files.writeString(folder.resolve("tool"), "content");
        Path outside = Files.writeString(temporary.resolve("outside"), "content");
        Files.createSymbolicLink(folder.resolve("link"), outside);
        for (Path file : List.of(folder, folder.getParent(), script)) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.setPosixFilePermissions(recording, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rw-r--r--"));
        PrivateFiles.mend(folder.getParent());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(recording)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(script)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(outside)));
    }

    @Test
    void shouldSayThatASiteIsAnotherUsers() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, to give the site to another user");
        Path site = Files.createDirectory(temporary.resolve("site"));
        SiteFolder folder = SiteFolder.of(site);
        Files.createDirectory(folder.run());
        new SiteRecord(UUID.randomUUID(), "2026-01-01T00:00:00Z", "4+2", 1 << 20, Map.of()).store(folder);
        Files.setPosixFilePermissions(site, OWN);
        Files.setOwner(
                site, site.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        for (List<String> command :
                List.of(List.of("status"), List.of("kv", "get", "k"), List.of("log"), List.of("kv", "put", "k", "v"))) {
            // Root, but of none of its powers over others' files.
            List<String> all = new ArrayList<>(List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all"));
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(List.of("--dir", site.toString()));
            all.addAll(JvmCommand.apollo(arguments));
            Process process = new ProcessBuilder(all)
                    .directory(temporary.toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            assertEquals(ExitCode.PERMISSION.code(), process.exitValue(), said);
            assertTrue(said.contains("no permission to ask the site: dir=" + site), said);
        }
    }

    @Test
    void shouldRefuseASecretThatOthersMayRead() throws IOException {
        Path secret = temporary.resolve("secret");
        assertEquals(0, CliRun.of("namespace", "secret", secret.toString()).exitCode());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
        assertEquals(32, SiteSecret.load(secret).length);
        assertEquals(
                ExitCode.USAGE.code(),
                CliRun.of("namespace", "secret", secret.toString()).exitCode());
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r-----"));
        CommandFailure refused = assertThrows(CommandFailure.class, () -> SiteSecret.load(secret));
        assertTrue(refused.getMessage().startsWith("others may read the site's secret"), refused.getMessage());
    }
}

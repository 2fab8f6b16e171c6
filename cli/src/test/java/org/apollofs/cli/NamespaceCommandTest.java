package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apollofs.namespace.client.NamespaceLimits;
import org.apollofs.profile.NamespaceProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code apollo namespace}: members as processes, from a profile. */
@Timeout(120)
final class NamespaceCommandTest {
    @TempDir
    private Path dir;

    private static int freePorts(int from) {
        for (int port = from; port < 32_000; port += NamespaceProfile.Member.PORTS) {
            boolean areFree = true;
            for (int i = 0; i < NamespaceProfile.Member.PORTS && areFree; i++) {
                try (DatagramSocket socket = new DatagramSocket(null)) {
                    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port + i));
                } catch (SocketException e) {
                    areFree = false;
                }
            }
            if (areFree) {
                return port;
            }
        }
        throw new IllegalStateException("no free ports from " + from);
    }

    private Path profile() throws IOException {
        StringBuilder members = new StringBuilder();
        Path secret = dir.resolve("secret");
        if (!Files.exists(secret)) {
            assertEquals(0, CliRun.of("namespace", "secret", secret.toString()).exitCode());
        }
        int port = ThreadLocalRandom.current().nextInt(12_000, 20_000);
        for (int i = 0; i < 3; i++) {
            port = freePorts(port);
            members.append("    - {id: ")
                    .append(i)
                    .append(", host: 127.0.0.1, port: ")
                    .append(port)
                    .append("}\n");
            port += NamespaceProfile.Member.PORTS;
        }
        return Files.writeString(dir.resolve("site.yaml"), """
            profile: test
            layout: {dataChunks: 1, parityChunks: 0}
            targets:
              - {id: 0, path: a, size: 1GiB}
            security: {secretFile: secret}
            namespace:
              mapSize: 16MiB
              members:
            """ + members);
    }

    private Process member(Path profile, int id) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.addAll(List.of(
                ApolloCommand.class.getName(),
                "namespace",
                "--profile",
                profile.toString(),
                "--member",
                Integer.toString(id),
                "--dir",
                dir.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void shouldRunThreeMembersAndStopThemInOrder() throws Exception {
        Path profile = profile();
        List<Process> members = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                members.add(member(profile, i));
            }
            for (Process member : members) {
                BufferedReader out = member.inputReader(StandardCharsets.UTF_8);
                assertTrue(out.readLine().startsWith("namespace member "));
                assertTrue(out.readLine().startsWith("file sync level 1: durable"));
                assertTrue(out.readLine().startsWith("no log in the folder: waits"));
                assertEquals("a new cluster", out.readLine());
                assertEquals("ready", out.readLine());
            }
            String at = profile.toString();
            // A client gives up after a while; on a busy machine members take longer to start.
            while (CliRun.of("namespace", "status", "--profile", at).exitCode() != 0) {
                assertTrue(members.stream().allMatch(Process::isAlive), "a member has ended");
            }
            CliRun put = CliRun.of("kv", "put", "a/k", "v", "--absent", "--profile", at);
            assertEquals(0, put.exitCode(), put.err());
            CliRun get = CliRun.of("kv", "get", "a/k", "--json", "--profile", at);
            assertTrue(get.out().contains("\"value\":\"v\""), get.out());
            assertEquals(
                    ExitCode.CONFLICT.code(),
                    CliRun.of("kv", "put", "a/k", "w", "--absent", "--profile", at)
                            .exitCode());
            CliRun log = CliRun.of("log", "--prefix", "a/", "--json", "--profile", at);
            assertTrue(log.out().contains("\"path\":\"a/k\""), log.out());
            Path large = Files.write(dir.resolve("large"), new byte[NamespaceLimits.INLINE_LENGTH + 1]);
            CliRun tooLarge = CliRun.of("kv", "put", "a/l", "--file", large.toString(), "--profile", at);
            assertEquals(ExitCode.USAGE.code(), tooLarge.exitCode());
            assertTrue(
                    tooLarge.err().startsWith("apollo: not supported by members alone: values beyond"), tooLarge.err());
            CliRun status = CliRun.of("namespace", "status", "--profile", at);
            assertEquals(0, status.exitCode(), status.out());
            assertEquals(1, status.out().split(" leader ", -1).length - 1, status.out());
            assertEquals(2, status.out().split(" follower ", -1).length - 1, status.out());
            CliRun json = CliRun.of("namespace", "status", "--json", "--profile", at);
            assertTrue(json.out().contains("\"leader\":"), json.out());
            CliRun snapshot = CliRun.of("namespace", "snapshot", "--profile", profile.toString());
            assertEquals(0, snapshot.exitCode(), snapshot.err());
            for (Process member : members) {
                BufferedReader out = member.inputReader(StandardCharsets.UTF_8);
                // Of the handle: the process's own closes the stream.
                member.toHandle().destroy();
                assertTrue(member.waitFor(60, TimeUnit.SECONDS));
                assertEquals(0, member.exitValue());
                assertEquals("stopping", out.readLine());
                assertEquals("stopped", out.readLine());
            }
        } finally {
            members.forEach(Process::destroyForcibly);
        }
    }

    @Test
    void shouldStopWhileItWaitsForTheOthers() throws Exception {
        Path profile = profile();
        Process member = member(profile, 0);
        try {
            BufferedReader out = member.inputReader(StandardCharsets.UTF_8);
            String line = out.readLine();
            while (!line.startsWith("no log in the folder: waits")) {
                line = out.readLine();
            }
            CliRun status = CliRun.of("namespace", "status", "--profile", profile.toString());
            assertEquals(ExitCode.UNAVAILABLE.code(), status.exitCode());
            assertTrue(status.out().contains(" joining "), status.out());
            assertEquals(2, status.out().split("does not answer", -1).length - 1, status.out());
            member.toHandle().destroy();
            assertTrue(member.waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, member.exitValue());
            assertEquals("stopping", out.readLine());
            assertEquals("stopped", out.readLine());
        } finally {
            member.destroyForcibly();
        }
    }

    @Test
    void shouldSayWhatIsMissing() throws Exception {
        assertEquals(2, CliRun.of("namespace", "--member", "1").exitCode());
        Path profile = profile();
        CliRun unknown =
                CliRun.of("namespace", "--profile", profile.toString(), "--member", "6", "--dir", dir.toString());
        assertEquals(ExitCode.PROFILE.code(), unknown.exitCode());
        assertTrue(unknown.err().contains("no such member"), unknown.err());
        CliRun embedded = CliRun.of("namespace", "--profile", "embedded", "--member", "0", "--dir", dir.toString());
        assertTrue(embedded.err().contains("needs a port"), embedded.err());
    }
}

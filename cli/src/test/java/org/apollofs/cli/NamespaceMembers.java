package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apollofs.profile.NamespaceProfile;

/** Three members as {@code apollo namespace} processes on loopback, with a profile and a secret in a folder, and their logs. */
final class NamespaceMembers implements AutoCloseable {
    private static final int MEMBERS = 3;
    private static final int LOWEST_PORT = 12_000;
    /** Linux gives out ports from 32768 on by itself. */
    private static final int PORTS_END = 32_000;

    private final Path dir;
    private final Path profile;
    private final List<Process> processes = new ArrayList<>();

    private NamespaceMembers(Path dir) throws IOException {
        this.dir = dir;
        assertEquals(
                0,
                CliRun.of("namespace", "secret", dir.resolve("secret").toString())
                        .exitCode());
        StringBuilder members = new StringBuilder();
        int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, PORTS_END - 12_000);
        for (int i = 0; i < MEMBERS; i++) {
            port = freePorts(port);
            members.append("    - {id: ")
                    .append(i)
                    .append(", host: 127.0.0.1, port: ")
                    .append(port)
                    .append("}\n");
            port += NamespaceProfile.Member.PORTS;
        }
        profile = Files.writeString(dir.resolve("site.yaml"), """
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

    static NamespaceMembers start(Path dir) throws IOException {
        NamespaceMembers members = new NamespaceMembers(dir);
        try {
            for (int i = 0; i < MEMBERS; i++) {
                members.startOne(i);
            }
            return members;
        } catch (IOException e) {
            members.close();
            throw e;
        }
    }

    private void startOne(int id) throws IOException {
        processes.add(new ProcessBuilder(JvmCommand.apollo(List.of(
                        "namespace",
                        "--profile",
                        profile.toString(),
                        "--member",
                        Integer.toString(id),
                        "--dir",
                        dir.toString())))
                .redirectErrorStream(true)
                .redirectOutput(log(id).toFile())
                .start());
    }

    private static int freePorts(int from) {
        for (int port = from; port < PORTS_END; port += NamespaceProfile.Member.PORTS) {
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

    Path profile() {
        return profile;
    }

    /** What a member has printed. */
    Path log(int id) {
        return dir.resolve("member-" + id + ".log");
    }

    void assertAlive() throws IOException {
        for (int i = 0; i < MEMBERS; i++) {
            assertTrue(processes.get(i).isAlive(), "member " + i + " ended: " + Files.readString(log(i)));
        }
    }

    /** Memory of each. */
    long[] residentBytes() throws IOException {
        long[] bytes = new long[MEMBERS];
        for (int i = 0; i < MEMBERS; i++) {
            for (String line : Files.readAllLines(
                    Path.of("/proc", Long.toString(processes.get(i).pid()), "status"))) {
                if (line.startsWith("VmRSS:")) {
                    bytes[i] = Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
        }
        return bytes;
    }

    private void printLog(int id) {
        try {
            System.out.println("member " + id + ":\n" + Files.readString(log(id)));
        } catch (IOException e) {
            System.out.println("member " + id + " has no log: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.destroyForcibly();
        }
        for (Process process : processes) {
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        for (int i = 0; i < MEMBERS; i++) {
            printLog(i);
            SiteRemains.sweep(SiteFolder.of(dir.resolve("namespace").resolve(Integer.toString(i))));
        }
    }
}

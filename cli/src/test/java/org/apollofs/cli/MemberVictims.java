package org.apollofs.cli;

import java.io.IOException;
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
import org.apollofs.namespace.cluster.MemberStatus;
import org.apollofs.namespace.cluster.MemberSurvey;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.NamespaceProfile;
import org.apollofs.profile.ProfileLoader;

/** Three members of a namespace, each a process: {@code apollo namespace}. Closing kills what runs. */
final class MemberVictims implements AutoCloseable {
    static final int COUNT = 3;

    private static final long READY_SECONDS = 120;
    private static final long POLL_MS = 50;
    private static final long ASK_NS = TimeUnit.SECONDS.toNanos(2);
    private static final int LOWEST_PORT = 12_000;
    /** Linux gives out ports from 32768 on by itself. */
    private static final int PORTS_END = 31_000;

    private final Path folder;
    private final Path logs;
    private final Path profile;
    private final HardwareProfile site;
    private final SlowCore slow;
    private final List<Member> members = new ArrayList<>();

    /** @param folder of the members. @param logs for profile and logs, on another disk. @param slow where they run, or null. */
    MemberVictims(Path folder, Path logs, SlowCore slow) throws IOException {
        this.folder = folder;
        this.logs = logs;
        this.slow = slow;
        profile = writeProfile(logs, COUNT);
        site = ProfileLoader.load(profile.toString());
        for (int i = 0; i < COUNT; i++) {
            members.add(new Member(i));
        }
    }

    Path profile() {
        return profile;
    }

    /** Starts all, and waits until they lead and follow. */
    void start() throws IOException {
        for (Member member : members) {
            member.launch();
        }
        for (Member member : members) {
            member.awaitReady();
        }
    }

    /** By role: leader, follower, or all of them at once. */
    Victim victim(String role) throws IOException {
        return switch (role) {
            case "leader" -> byRole(MemberStatus.Role.LEADER);
            case "follower" -> byRole(MemberStatus.Role.FOLLOWER);
            case "all" -> new All();
            default -> throw new IllegalArgumentException("role: expected leader, follower or all, found " + role);
        };
    }

    private Member byRole(MemberStatus.Role role) throws IOException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
        while (System.nanoTime() - endNs < 0) {
            for (MemberStatus status : MemberSurvey.ask(
                    SiteNamespace.addresses(site.namespace()),
                    NamespaceKeys.of(site).peerKey(),
                    ASK_NS)) {
                if (status.role() == role) {
                    return members.get(status.member().id());
                }
            }
        }
        throw new IOException("no member is a " + role);
    }

    /** A profile with so many members, on loopback, at ports that are free now; beside it the site's secret. */
    static Path writeProfile(Path folder, int members) throws IOException {
        SiteSecret.make(folder.resolve("secret"));
        StringBuilder text = new StringBuilder("""
            profile: nemesis
            layout: {dataChunks: 1, parityChunks: 0}
            targets:
              - {id: 0, path: a, size: 1GiB}
            security: {secretFile: secret}
            namespace:
              mapSize: 256MiB
              members:
            """);
        int port = freePorts(members);
        for (int i = 0; i < members; i++) {
            text.append("    - {id: " + i + ", host: 127.0.0.1, port: " + port + "}\n");
            port += NamespaceProfile.Member.PORTS;
        }
        return Files.writeString(folder.resolve("members.yaml"), text);
    }

    /** First of the ports of so many members, on loopback, one after the other; free now. */
    private static int freePorts(int members) {
        int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, PORTS_END / 2);
        while (!areFree(port, members)) {
            port += NamespaceProfile.Member.PORTS;
        }
        return port;
    }

    private static boolean areFree(int first, int members) {
        for (int i = 0; i < members * NamespaceProfile.Member.PORTS; i++) {
            try (DatagramSocket socket = new DatagramSocket(null)) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), first + i));
            } catch (SocketException e) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        for (Member member : members) {
            if (member.isAlive()) {
                member.kill();
            }
        }
    }

    /** One of them. */
    private final class Member implements Victim {
        private final int id;
        private final Path log;
        private Process process;
        private long logStart;

        Member(int id) {
            this.id = id;
            log = logs.resolve("member-" + id + ".log");
        }

        @Override
        public String name() {
            return "member-" + id;
        }

        @Override
        public List<Long> pids() {
            return List.of(process.pid());
        }

        @Override
        public boolean isAlone() {
            return false;
        }

        @Override
        public boolean isAlive() {
            return process != null && process.isAlive();
        }

        @Override
        public void launch() throws IOException {
            logStart = Files.exists(log) ? Files.size(log) : 0;
            process = new ProcessBuilder(JvmCommand.apollo(List.of(
                            "namespace",
                            "--profile",
                            profile.toString(),
                            "--member",
                            Integer.toString(id),
                            "--dir",
                            folder.toString())))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            process.getOutputStream().close();
            if (slow != null) {
                slow.add(process.pid());
            }
        }

        @Override
        public void awaitReady() throws IOException {
            long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
            while (!sinceLaunch().contains("ready")) {
                if (!process.isAlive() || System.nanoTime() - endNs > 0) {
                    List<String> lines = log();
                    throw new CommandFailure(
                            ExitCode.UNAVAILABLE,
                            name() + " is not ready: alive=" + process.isAlive() + ", said "
                                    + lines.subList(Math.max(0, lines.size() - 3), lines.size()),
                            "see its log");
                }
                pause();
            }
        }

        @Override
        public void kill() throws IOException {
            process.destroyForcibly();
            awaitEnd();
        }

        @Override
        public void terminate() throws IOException {
            process.destroy();
            awaitEnd();
            if (process.exitValue() != 0) {
                throw new IOException(name() + " did not stop cleanly: exit=" + process.exitValue());
            }
        }

        private void awaitEnd() throws IOException {
            try {
                if (!process.waitFor(READY_SECONDS, TimeUnit.SECONDS)) {
                    throw new IOException("does not end: " + name());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }

        @Override
        public List<Path> memory() throws IOException {
            Path note = SiteFolder.of(folder.resolve("namespace").resolve(Integer.toString(id)))
                    .driver();
            return List.of(Path.of(Files.readString(note).strip()));
        }

        @Override
        public List<String> log() throws IOException {
            return Files.exists(log) ? Files.readAllLines(log) : List.of();
        }

        private List<String> sinceLaunch() throws IOException {
            byte[] all = Files.readAllBytes(log);
            return new String(all, (int) logStart, (int) (all.length - logStart), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** All of them, at once. */
    private final class All implements Victim {
        @Override
        public String name() {
            return "all";
        }

        @Override
        public List<Long> pids() {
            return members.stream().flatMap(member -> member.pids().stream()).toList();
        }

        @Override
        public boolean isAlone() {
            return true;
        }

        @Override
        public boolean isAlive() {
            return members.stream().allMatch(Member::isAlive);
        }

        @Override
        public void launch() throws IOException {
            for (Member member : members) {
                if (!member.isAlive()) {
                    member.launch();
                }
            }
        }

        @Override
        public void awaitReady() throws IOException {
            for (Member member : members) {
                member.awaitReady();
            }
        }

        @Override
        public void kill() throws IOException {
            for (Member member : members) {
                member.process.destroyForcibly();
            }
            for (Member member : members) {
                member.awaitEnd();
            }
        }

        @Override
        public void terminate() throws IOException {
            for (Member member : members) {
                member.process.destroy();
            }
            for (Member member : members) {
                member.terminate();
            }
        }

        @Override
        public List<Path> memory() throws IOException {
            List<Path> all = new ArrayList<>();
            for (Member member : members) {
                all.addAll(member.memory());
            }
            return all;
        }

        @Override
        public List<String> log() throws IOException {
            List<String> all = new ArrayList<>();
            for (Member member : members) {
                all.addAll(member.log().stream()
                        .map(line -> line + "   [" + member.name() + "]")
                        .toList());
            }
            return all;
        }
    }
}

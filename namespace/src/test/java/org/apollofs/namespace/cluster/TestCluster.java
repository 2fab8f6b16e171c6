package org.apollofs.namespace.cluster;

import io.aeron.driver.MediaDriver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;

/**
 * A cluster for tests: members as processes of their own on loopback, to be killed, stopped and started again, and a media
 * driver in this process for any number of clients.
 *
 * <pre>
 *  try (TestCluster cluster = TestCluster.launch(folder, 3);
 *          ClusterNamespace namespace = cluster.connect()) {
 *      namespace.keyValue().put("k", value, KeyValue.ANY_VERSION);
 *      cluster.kill(namespace.leader());
 *      namespace.keyValue().put("k", value, KeyValue.ANY_VERSION);
 *  }
 * </pre>
 *
 * Members' folders are {@code folder/0}, {@code folder/1} and so on.
 */
public final class TestCluster implements AutoCloseable {
    private static final int LOWEST_PORT = 10_000;
    /** Linux gives out ports from 32768 on by itself. */
    private static final int PORTS_END = 32_000;

    private final Path folder;
    private final List<MemberAddress> addresses;
    private final String[] settings;
    private final Process[] processes;
    private final AttentiveIdle idle = new AttentiveIdle();
    private final MediaDriver driver;

    private TestCluster(Path folder, Path clients, int members, String... settings) {
        this.folder = folder;
        this.settings = settings;
        addresses = addresses(members);
        processes = new Process[members];
        driver = MediaDriver.launch(TestSite.driver(clients, idle));
    }

    /** Launches members with a synced log. They are not ready yet; a client that connects waits. */
    public static TestCluster launch(Path folder, int members, String... settings) throws IOException {
        return launch(folder, members, 1, settings);
    }

    /**
     * Launches members.
     *
     * @param settings of each member: see {@link ClusterMemberProcess}.
     */
    public static TestCluster launch(Path folder, int members, int fileSyncLevel, String... settings)
            throws IOException {
        return launch(folder, folder.resolve("client"), members, fileSyncLevel, settings);
    }

    /** Launches members whose folders may vanish. @param clients where the media driver of clients lies. */
    static TestCluster launch(Path folder, Path clients, int members, int fileSyncLevel, String... settings)
            throws IOException {
        String[] all = new String[settings.length + 1];
        all[0] = Integer.toString(fileSyncLevel);
        System.arraycopy(settings, 0, all, 1, settings.length);
        TestCluster cluster = new TestCluster(folder, clients, members, all);
        try {
            for (int i = 0; i < members; i++) {
                cluster.start(i);
            }
            return cluster;
        } catch (IOException | RuntimeException e) {
            CloseHelper.quietClose(cluster);
            throw e;
        }
    }

    /** Addresses on loopback with ports that are free now. */
    public static List<MemberAddress> addresses(int members) {
        List<MemberAddress> found = new ArrayList<>();
        while (found.size() < members) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, PORTS_END);
            boolean overlaps = found.stream().anyMatch(one -> Math.abs(one.basePort() - port) < MemberAddress.PORTS);
            if (!overlaps && areFree(port)) {
                found.add(new MemberAddress(found.size(), "127.0.0.1", port));
            }
        }
        return found;
    }

    /** Whether a port may be a member's. Those of clients are given out by Linux. */
    static boolean isOfMember(int port) {
        return port >= LOWEST_PORT && port < PORTS_END + MemberAddress.PORTS;
    }

    private static boolean areFree(int basePort) {
        for (int i = 0; i < MemberAddress.PORTS; i++) {
            try (DatagramSocket socket = new DatagramSocket(null)) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), basePort + i));
            } catch (SocketException e) {
                return false;
            }
        }
        return true;
    }

    /** Where the members are. */
    public List<MemberAddress> addresses() {
        return addresses;
    }

    /** A member's folder. */
    public Path folder(int member) {
        return folder.resolve(Integer.toString(member));
    }

    /** Starts a member that does not run; it is the same one as before if its folder is there. @param more settings. */
    public void start(int member, String... more) throws IOException {
        if (isRunning(member)) {
            throw new IllegalStateException("the member runs: member=" + member);
        }
        List<String> arguments = new ArrayList<>();
        arguments.add(folder(member).toString());
        arguments.add(Integer.toString(member));
        arguments.add(String.join(
                ",",
                addresses.stream().map(one -> Integer.toString(one.basePort())).toList()));
        arguments.addAll(List.of(settings));
        arguments.addAll(List.of(more));
        processes[member] = JavaProcess.start(ClusterMemberProcess.class, arguments.toArray(String[]::new));
    }

    /** Waits until a member has started: it takes part, and may not be up to date yet. */
    public void awaitStarted(int member) throws IOException {
        BufferedReader reader = processes[member].inputReader(StandardCharsets.UTF_8);
        String line = reader.readLine();
        if (!"started".equals(line)) {
            throw new IOException("the member did not start: member=" + member + ", it says: " + line);
        }
    }

    public boolean isRunning(int member) {
        return processes[member] != null && processes[member].isAlive();
    }

    /** kill -9, and waits until it is gone. */
    public void kill(int member) {
        processes[member].destroyForcibly();
        awaitEnd(member);
    }

    /** Stops a member in order. */
    public void stop(int member) throws IOException {
        processes[member].getOutputStream().close();
        awaitEnd(member);
    }

    /** SIGSTOP: it stands still until {@link #resume}. */
    public void pause(int member) throws IOException {
        signal("STOP", member);
    }

    /** SIGCONT. */
    public void resume(int member) throws IOException {
        signal("CONT", member);
    }

    private void signal(String name, int member) throws IOException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(processes[member].pid()))
                .inheritIO()
                .start();
        try {
            if (kill.waitFor() != 0) {
                throw new IOException("no signal could be sent: member=" + member + ", signal=" + name);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Waits for the end of a member's process. @return its exit code; 1 if the member has failed. */
    public int awaitEnd(int member) {
        try {
            if (!processes[member].waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the member does not end: member=" + member);
            }
            return processes[member].exitValue();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }

    /** Settings of a client of this cluster, to be completed by the caller; its threads are daemons. */
    public ClusterClientContext client() {
        return new ClusterClientContext()
                .aeronDirectory(driver.aeronDirectoryName())
                .members(addresses)
                .idle(idle)
                .deadlineNs(TimeUnit.SECONDS.toNanos(120))
                // Starting three processes takes as long as the machine is busy; the test's own time-out ends it.
                .connectTimeoutNs(TimeUnit.SECONDS.toNanos(600))
                .threadFactory(TestSite::daemon);
    }

    /** A client, with a session. */
    public ClusterNamespace connect() {
        return ClusterNamespace.connect(client());
    }

    /** Kills what runs. */
    @Override
    public void close() {
        for (Process process : processes) {
            if (process != null) {
                process.destroyForcibly();
            }
        }
        for (int i = 0; i < processes.length; i++) {
            if (processes[i] != null) {
                awaitEnd(i);
                try {
                    processes[i].inputReader(StandardCharsets.UTF_8).close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        driver.close();
    }
}

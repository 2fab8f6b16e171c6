package org.apollofs.perf.kv;

import io.aeron.driver.MediaDriver;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.agrona.IoUtil;
import org.apollofs.namespace.cluster.AttentiveIdle;
import org.apollofs.namespace.cluster.MemberAddress;

/**
 * A cluster that runs for a measurement, of the namespace or of the bare echo, and how a client reaches it: over the
 * member's own driver (IPC) where there is one member, over UDP and a driver of the client's where there are three.
 * One thread starts and closes it; {@link #kill()} may be called by any.
 */
public final class KvCluster implements AutoCloseable {
    private static final int LOWEST_PORT = 12_000;
    private static final int HIGHEST_PORT = 32_000;
    private static final int PORT_SPREAD = 2_000;
    private static final String HOST = "127.0.0.1";

    private final MemberLaunch.Service service;
    private final AttentiveIdle idle;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final List<MemberProcess> processes = new ArrayList<>();
    private final List<Path> driverDirectories = new ArrayList<>();
    private final boolean isEmbedded;
    private List<MemberAddress> members = List.of();
    private String ingressEndpoints;
    private Path aeronDirectory;

    private KvCluster(MemberLaunch.Service service, KvSettings settings) {
        this.service = service;
        isEmbedded = settings.embedded();
        idle = new AttentiveIdle(settings.members());
    }

    /** The namespace. @param folder an empty one, on the disk to be measured. */
    public static KvCluster apollo(KvSettings settings, Path folder) throws IOException {
        return start(MemberLaunch.Service.APOLLO, settings, folder);
    }

    /** The bare echo. @param folder an empty one, on the disk to be measured. */
    public static KvCluster echo(KvSettings settings, Path folder) throws IOException {
        return start(MemberLaunch.Service.ECHO, settings, folder);
    }

    private static KvCluster start(MemberLaunch.Service service, KvSettings settings, Path folder) throws IOException {
        KvCluster cluster = new KvCluster(service, settings);
        try {
            cluster.launch(settings, folder);
            return cluster;
        } catch (IOException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void launch(KvSettings settings, Path folder) throws IOException {
        String name = service.name().toLowerCase(Locale.ROOT);
        List<Integer> ports = freePorts(settings.members());
        for (int member = 0; member < settings.members(); member++) {
            Path directory = Files.createDirectories(folder.resolve(name + "-" + member));
            Path driver = MemberLaunch.driverDirectory(folder, name + "-" + member);
            driverDirectories.add(driver);
            MemberLaunch launch = new MemberLaunch(service, directory, driver, member, ports, settings.syncLevel());
            if (isEmbedded) {
                parts.push(launch.start(idle));
            } else {
                MemberProcess process = MemberProcess.start(launch, folder.resolve(name + "-" + member + ".log"));
                parts.push(process);
                processes.add(process);
            }
        }
        connectBy(ports, folder, name);
    }

    private void connectBy(List<Integer> ports, Path folder, String name) {
        if (ports.size() == 1) {
            aeronDirectory = driverDirectories.getFirst();
            return;
        }
        aeronDirectory = MemberLaunch.driverDirectory(folder, name + "-client");
        driverDirectories.add(aeronDirectory);
        parts.push(MediaDriver.launch(MemberLaunch.driver(aeronDirectory, idle)));
        StringBuilder ingress = new StringBuilder();
        for (int member = 0; member < ports.size(); member++) {
            ingress.append(member == 0 ? "" : ",").append(member).append('=');
            ingress.append(HOST).append(':').append(ports.get(member));
        }
        ingressEndpoints = ingress.toString();
        members = MemberLaunch.addresses(ports);
    }

    /** First ports of ranges that nobody uses just now, below those that the system gives out. */
    private static List<Integer> freePorts(int members) throws IOException {
        List<Integer> ports = new ArrayList<>();
        int port = LOWEST_PORT + (int) (ProcessHandle.current().pid() % PORT_SPREAD) * MemberAddress.PORTS;
        while (ports.size() < members) {
            if (areFree(port)) {
                ports.add(port);
            }
            port += MemberAddress.PORTS;
            if (port > HIGHEST_PORT) {
                throw new IOException("no free UDP ports between " + LOWEST_PORT + " and " + HIGHEST_PORT);
            }
        }
        return ports;
    }

    private static boolean areFree(int first) {
        for (int i = 0; i < MemberAddress.PORTS; i++) {
            try (DatagramSocket socket = new DatagramSocket(null)) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), first + i));
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    /** Connects one client; waits until it is answered. */
    public KvClient connect(KvSettings settings) {
        return service == MemberLaunch.Service.APOLLO
                ? new ApolloClient(this, settings)
                : new EchoClient(this, settings);
    }

    /** A client that can follow the namespace's change log. */
    public KvFollower newFollower() {
        return KvFollower.connect(this);
    }

    AttentiveIdle idle() {
        return idle;
    }

    Path aeronDirectory() {
        return aeronDirectory;
    }

    /** Where the members are. */
    List<MemberAddress> members() {
        return members;
    }

    /** Null over IPC. */
    String ingressEndpoints() {
        return ingressEndpoints;
    }

    /** The host for answers, with a port of the system's choice. */
    static String responseEndpoint() {
        return HOST + ":0";
    }

    /** The member in this process, or null. */
    AutoCloseable embedded() {
        return isEmbedded ? parts.peekLast() : null;
    }

    /** Processor time of its processes so far, s; 0 if embedded. */
    public double cpuSeconds() {
        return processes.stream().mapToDouble(MemberProcess::cpuSeconds).sum();
    }

    /** Process ids of the members, none if embedded. */
    public List<Long> pids() {
        return processes.stream().map(MemberProcess::pid).toList();
    }

    /** Ends the members without waiting. Any thread. */
    public void kill() {
        for (long pid : pids()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                // A benchmark's folder is deleted anyway.
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        driverDirectories.forEach(directory -> IoUtil.delete(directory.toFile(), true));
    }
}

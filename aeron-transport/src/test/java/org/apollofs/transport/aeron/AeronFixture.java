package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.CloseHelper;
import org.apollofs.transport.Network;
import org.apollofs.transport.NetworkFixture;
import org.junit.jupiter.api.Assumptions;

/** One driver, and two clients of it: host and target. */
final class AeronFixture implements NetworkFixture {
    static final UUID SITE = new UUID(1, 2);
    static final byte[] SECRET = "sixteen bytes or more".getBytes(StandardCharsets.UTF_8);

    private static final AtomicInteger DIRECTORIES = new AtomicInteger();

    private MediaDriver driver;
    private Aeron hostClient;
    private Aeron targetClient;
    private final UdpRelay relay;
    private final String targetChannel;
    private final String hostChannel;
    private final long requestTimeoutNs;
    private final AeronNetwork host;
    private final AeronNetwork target;

    AeronFixture(boolean udp, long requestTimeoutNs) {
        this.requestTimeoutNs = requestTimeoutNs;
        launch();
        int port = freePort();
        relay = udp ? new UdpRelay(port, 42) : null;
        targetChannel = udp ? "aeron:udp?endpoint=localhost:" + port : CommonContext.IPC_CHANNEL;
        hostChannel = udp ? "aeron:udp?endpoint=localhost:" + relay.port() : CommonContext.IPC_CHANNEL;
        host = new AeronNetwork(hostContext());
        target = new AeronNetwork(targetContext());
    }

    private void launch() {
        Path shm = Path.of("/dev/shm");
        Path parent = Files.isWritable(shm) ? shm : Path.of(System.getProperty("java.io.tmpdir"));
        Path directory = parent.resolve(
                "apollo-transport-test-" + ProcessHandle.current().pid() + "-" + DIRECTORIES.incrementAndGet());
        MediaDriver.Context context = MediaDrivers.driver(directory, ThreadingMode.SHARED, MediaDrivers::backoff);
        // A link that breaks is to be noticed within a test's patience.
        context.imageLivenessTimeoutNs(TimeUnit.SECONDS.toNanos(2))
                .publicationConnectionTimeoutNs(TimeUnit.SECONDS.toNanos(2));
        driver = MediaDriver.launch(context);
        hostClient = Aeron.connect(MediaDrivers.client(directory, MediaDrivers.backoff()));
        targetClient = Aeron.connect(MediaDrivers.client(directory, MediaDrivers.backoff()));
    }

    /** Ends the driver and its clients. The networks still have them. */
    void endDriver() {
        CloseHelper.closeAll(hostClient, targetClient, driver);
    }

    /** Starts a driver elsewhere; whoever has a network tells it. */
    void startDriver() {
        launch();
    }

    Aeron targetClient() {
        return targetClient;
    }

    /** Settings of a host. */
    AeronNetworkContext hostContext() {
        return context().aeron(hostClient).targetChannel(targetId -> hostChannel);
    }

    /** Settings of a target. */
    AeronNetworkContext targetContext() {
        return context().aeron(targetClient).targetChannel(targetId -> targetChannel);
    }

    private AeronNetworkContext context() {
        return new AeronNetworkContext()
                .siteId(SITE)
                .secret(SECRET)
                .replyEndpoint("localhost:0")
                .termLength(2 * 1024 * 1024)
                .udpMtuLength(8192)
                .requestTimeoutNs(requestTimeoutNs)
                .handshakeTimeoutNs(TimeUnit.SECONDS.toNanos(5))
                .reconnectDelayNs(TimeUnit.MILLISECONDS.toNanos(20));
    }

    static int freePort() {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            return socket.getLocalPort();
        } catch (SocketException e) {
            throw new IllegalStateException(e);
        }
    }

    Aeron hostClient() {
        return hostClient;
    }

    UdpRelay relay() {
        return relay;
    }

    @Override
    public AeronNetwork host() {
        return host;
    }

    @Override
    public Network target() {
        return target;
    }

    AeronNetwork targetNetwork() {
        return target;
    }

    @Override
    public void isolate(int targetId) {
        Assumptions.assumeTrue(relay != null, "no link to break");
        relay.cut(true);
    }

    @Override
    public void heal(int targetId) {
        relay.cut(false);
    }

    @Override
    public void close() {
        CloseHelper.closeAll(host, target, hostClient, targetClient, driver, relay);
    }
}

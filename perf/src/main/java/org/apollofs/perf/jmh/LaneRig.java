package org.apollofs.perf.jmh;

import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.TargetStatus;
import org.apollofs.transport.aeron.AeronNetwork;
import org.apollofs.transport.aeron.AeronNetworkContext;
import org.apollofs.transport.aeron.MediaDrivers;

/** A media driver, a target's thread, and this thread as the host. One thread but for {@link AcknowledgingTarget}'s. */
final class LaneRig implements LaneHandler, AutoCloseable {
    private static final int TARGET = 0;
    private static final int CREDIT = 16;
    private static final int TERM_LENGTH = 16 << 20;
    private static final int UDP_WINDOW_LENGTH = 2 << 20;
    private static final int UDP_SOCKET_BUFFER_LENGTH = 4 << 20;
    private static final long CONNECT_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(20);

    private final IdleStrategy idle = MediaDrivers.backoff();
    private final MediaDriver driver;
    private final Aeron aeron;
    private final AeronNetwork network;
    private final AcknowledgingTarget target;
    private final Lane lane;
    private final int chunkLength;

    LaneRig(boolean udp, int chunkLength) throws IOException {
        this.chunkLength = chunkLength;
        Path memory = Path.of("/dev/shm");
        Path parent = Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
        Path directory = parent.resolve("apollo-jmh-" + ProcessHandle.current().pid());
        driver = MediaDriver.launch(MediaDrivers.driver(directory, ThreadingMode.SHARED, MediaDrivers::backoff));
        aeron = Aeron.connect(MediaDrivers.client(directory, MediaDrivers.backoff()));
        String channel = udp ? "aeron:udp?endpoint=localhost:" + freePort() : CommonContext.IPC_CHANNEL;
        network = new AeronNetwork(new AeronNetworkContext()
                .aeron(aeron)
                .siteId(new UUID(1, 2))
                .secret("sixteen bytes or more".getBytes(StandardCharsets.UTF_8))
                .targetChannel(id -> channel)
                .replyEndpoint("localhost:0")
                .termLength(TERM_LENGTH)
                .udpMtuLength(AeronNetworkContext.MAX_MTU_LENGTH)
                .socketBufferLength(udp ? UDP_SOCKET_BUFFER_LENGTH : 0)
                .windowLength(udp ? UDP_WINDOW_LENGTH : 0));
        target = new AcknowledgingTarget(network, TARGET, CREDIT, chunkLength);
        target.start();
        lane = network.connect(TARGET, 1, this);
        long endNs = System.nanoTime() + CONNECT_TIMEOUT_NS;
        while (!lane.isConnected()) {
            if (System.nanoTime() > endNs) {
                throw new IOException("lane does not connect: channel=" + channel);
            }
            idle.idle(lane.poll());
        }
    }

    /** Sends a chunk, waiting for room and credit. */
    void write(long correlationId, Slab chunk, DirectBuffer checksums) {
        while (true) {
            int work = lane.poll();
            long status = lane.writeChunk(
                    correlationId, 1, correlationId, 0, chunk.buffer(), 0, chunkLength, checksums, null);
            if (status == Lane.SENT) {
                idle.reset();
                return;
            }
            if (status != Lane.BACK_PRESSURED) {
                throw new IllegalStateException("chunk not sent: status=" + status);
            }
            idle.idle(work);
        }
    }

    @Override
    public void onChunkWritten(int targetId, long correlationId) {
        // Credit comes back by itself.
    }

    @Override
    public void onChunkRead(
            int targetId,
            long correlationId,
            Slab slab,
            int blockOffset,
            int length,
            DirectBuffer checksums,
            int wholeLength,
            DirectBuffer stripeLengths) {
        throw new IllegalStateException("nothing was read");
    }

    @Override
    public void onChunkDeleted(int targetId, long correlationId) {
        throw new IllegalStateException("nothing was deleted");
    }

    @Override
    public void onTargetStatus(int targetId, long correlationId, TargetStatus status) {
        throw new IllegalStateException("nothing was asked");
    }

    @Override
    public void onChunkList(int targetId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
        throw new IllegalStateException("nothing was asked");
    }

    @Override
    public void onError(int targetId, long correlationId, ErrorCode code, String message, Slab slab) {
        if (code != ErrorCode.UNREACHABLE) {
            throw new IllegalStateException(code + ": " + message);
        }
    }

    @Override
    public void close() throws IOException {
        lane.close();
        target.close();
        network.close();
        aeron.close();
        driver.close();
    }

    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            return socket.getLocalPort();
        }
    }
}

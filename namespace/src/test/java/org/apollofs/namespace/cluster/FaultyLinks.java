package org.apollofs.namespace.cluster;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.UdpChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import org.agrona.concurrent.status.AtomicCounter;
import org.apollofs.transport.aeron.seal.DatagramSeal;
import org.apollofs.transport.aeron.seal.SealedSendEndpoint;

/**
 * Links that lose and delay: what a member's media driver sends is dropped, or kept for a while and sent later, so also out
 * of order. And a member that is cut off from the others, but not from clients, nor from questions for its vote. How much stands
 * in a small file that all members map, and a test changes while they run.
 *
 * <p>Layout: 4 bytes packets lost of 1,000; 4 bytes longest delay, us; 8 bytes seed of what is drawn; 4 bytes first port of the
 * member that is cut off, 0 for none. Each packet is kept for between none and that delay. The same seed draws the same for the
 * n-th packet of a member's n-th channel; when that packet is sent is up to the machine.
 */
public final class FaultyLinks implements AutoCloseable {
    private static final int LENGTH = 20;
    private static final int DELAY = 4;
    private static final int SEED = 8;
    private static final int CUT = 16;
    private static final int DELAYED_PER_MILLE = 300;

    private final MappedByteBuffer settings;

    private FaultyLinks(Path file) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            settings = channel.map(FileChannel.MapMode.READ_WRITE, 0, LENGTH);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path file(Path folder) {
        return folder.resolve("links");
    }

    /** The links of members below a folder; to be made before they start. */
    public static FaultyLinks of(Path folder, long seed) throws IOException {
        Files.createDirectories(folder);
        FaultyLinks links = new FaultyLinks(file(folder));
        links.settings.putLong(SEED, seed);
        return links;
    }

    /** From now on. @param maxDelayUs of those that are delayed, about a third. */
    public void set(int lostPerMille, int maxDelayUs) {
        settings.putInt(DELAY, maxDelayUs);
        settings.putInt(0, lostPerMille);
    }

    /** Cuts a member off from the others, until {@link #join}. */
    public void cut(MemberAddress member) {
        settings.putInt(CUT, member.basePort());
    }

    /** No member is cut off any more. */
    public void join() {
        settings.putInt(CUT, 0);
    }

    /** Whole links again. */
    @Override
    public void close() {
        set(0, 0);
        join();
    }

    /** Whether a packet has to pass between the member that is cut off and another one. */
    private boolean isCut(int ownPort, int toPort) {
        int port = settings.getInt(CUT);
        if (port == 0 || isOf(ownPort, toPort)) {
            return false;
        }
        return port == ownPort ? TestCluster.isOfMember(toPort) : isOf(port, toPort);
    }

    private static boolean isOf(int basePort, int port) {
        return port >= basePort && port < basePort + MemberAddress.PORTS;
    }

    /** Makes a member's driver send over such links, if the test has made any. */
    static MediaDriver.Context apply(MediaDriver.Context context, Path member, int basePort) {
        Path folder = member.toAbsolutePath().getParent();
        if (Files.exists(file(folder))) {
            FaultyLinks links = new FaultyLinks(file(folder));
            Random seeds = new Random(
                    links.settings.getLong(SEED) ^ member.getFileName().hashCode());
            DatagramSeal seal = TestSite.newSeal();
            context.sendChannelEndpointSupplier((channel, status, ctx) ->
                    new Endpoint(links, basePort, new Random(seeds.nextLong()), seal, channel, status, ctx));
        }
        return context;
    }

    /** A packet that waits. */
    private record Delayed(long dueNs, ByteBuffer packet, InetSocketAddress to) {}

    /** Runs on the driver's thread. What is due goes with the next packet: there is one each 100 ms at least. */
    private static final class Endpoint extends SealedSendEndpoint {
        private final FaultyLinks links;
        private final int ownPort;
        private final InetSocketAddress remote;
        private final Random random;
        private final PriorityQueue<Delayed> delayed = new PriorityQueue<>(Comparator.comparingLong(Delayed::dueNs));

        Endpoint(
                FaultyLinks links,
                int ownPort,
                Random random,
                DatagramSeal seal,
                UdpChannel channel,
                AtomicCounter status,
                MediaDriver.Context context) {
            super(seal, channel, status, context);
            this.links = links;
            this.ownPort = ownPort;
            this.remote = channel.remoteData();
            this.random = random;
        }

        @Override
        public int send(ByteBuffer buffer) {
            sendDue();
            return isKept(buffer, null) ? drained(buffer) : super.send(buffer);
        }

        @Override
        public int send(ByteBuffer buffer, InetSocketAddress to) {
            sendDue();
            return isKept(buffer, to) ? drained(buffer) : super.send(buffer, to);
        }

        /** As if it were sent. */
        private static int drained(ByteBuffer buffer) {
            int length = buffer.remaining();
            buffer.position(buffer.limit());
            return length;
        }

        private boolean isKept(ByteBuffer buffer, InetSocketAddress to) {
            if (links.isCut(ownPort, (to == null ? remote : to).getPort())) {
                return true;
            }
            if (random.nextInt(1000) < links.settings.getInt(0)) {
                return true;
            }
            int maxDelayUs = links.settings.getInt(DELAY);
            if (maxDelayUs == 0 || random.nextInt(1000) >= DELAYED_PER_MILLE) {
                return false;
            }
            ByteBuffer copy = ByteBuffer.allocateDirect(buffer.remaining());
            copy.put(buffer.duplicate()).flip();
            delayed.add(new Delayed(System.nanoTime() + 1000L * random.nextInt(maxDelayUs), copy, to));
            return true;
        }

        private void sendDue() {
            while (!delayed.isEmpty() && delayed.peek().dueNs() - System.nanoTime() <= 0) {
                Delayed due = delayed.poll();
                if (due.to() == null) {
                    super.send(due.packet());
                } else {
                    super.send(due.packet(), due.to());
                }
            }
        }
    }
}

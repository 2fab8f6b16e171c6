package org.apollofs.namespace.cluster;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.media.SendChannelEndpoint;
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

/**
 * Links that lose and delay: what a member's media driver sends is dropped, or kept for a while and sent later, so also out
 * of order. How much stands in a small file that all members map, and a test changes while they run.
 *
 * <p>Layout: 4 bytes packets lost of 1,000; 4 bytes longest delay, us; 8 bytes seed of what is drawn. Each packet is kept for
 * between none and that. The same seed draws the same for the n-th packet of a member's n-th channel; when that packet is sent
 * is up to the machine.
 */
public final class FaultyLinks implements AutoCloseable {
    private static final int LENGTH = 16;
    private static final int DELAY = 4;
    private static final int SEED = 8;
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

    /** Whole links again. */
    @Override
    public void close() {
        set(0, 0);
    }

    /** Makes a member's driver send over such links, if the test has made any. */
    static MediaDriver.Context apply(MediaDriver.Context context, Path member) {
        Path folder = member.toAbsolutePath().getParent();
        if (Files.exists(file(folder))) {
            FaultyLinks links = new FaultyLinks(file(folder));
            Random seeds = new Random(
                    links.settings.getLong(SEED) ^ member.getFileName().hashCode());
            context.sendChannelEndpointSupplier(
                    (channel, status, ctx) -> new Endpoint(links, new Random(seeds.nextLong()), channel, status, ctx));
        }
        return context;
    }

    /** A packet that waits. */
    private record Delayed(long dueNs, ByteBuffer packet, InetSocketAddress to) {}

    /** Runs on the driver's thread. What is due goes with the next packet: there is one each 100 ms at least. */
    private static final class Endpoint extends SendChannelEndpoint {
        private final FaultyLinks links;
        private final Random random;
        private final PriorityQueue<Delayed> delayed = new PriorityQueue<>(Comparator.comparingLong(Delayed::dueNs));

        Endpoint(
                FaultyLinks links,
                Random random,
                UdpChannel channel,
                AtomicCounter status,
                MediaDriver.Context context) {
            super(channel, status, context);
            this.links = links;
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

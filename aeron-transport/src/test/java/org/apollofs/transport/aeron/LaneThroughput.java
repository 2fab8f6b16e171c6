package org.apollofs.transport.aeron;

import io.aeron.Aeron;
import io.aeron.ConcurrentPublication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.logbuffer.FragmentHandler;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.RequestHandler;
import org.apollofs.transport.TargetStatus;

/**
 * How many bytes a lane moves in a few seconds, and how many Aeron alone moves with messages of the same size, by the
 * same driver: {@code ipc|udp seconds writers chunkLength termLength}.
 */
public final class LaneThroughput {
    private static final int TARGET = 0;
    private static final int CREDIT = 16;

    private final String channel;
    private final int writers;
    private final int chunkLength;
    private final int termLength;
    private final long durationNs;
    private final Path directory =
            Path.of("/dev/shm/apollo-lane-throughput-" + ProcessHandle.current().pid());
    private volatile boolean running = true;

    private LaneThroughput(String[] args) {
        boolean udp = args[0].equals("udp");
        channel = udp ? "aeron:udp?endpoint=localhost:" + AeronFixture.freePort() : "aeron:ipc";
        durationNs = Long.parseLong(args[1]) * 1_000_000_000L;
        writers = Integer.parseInt(args[2]);
        chunkLength = Integer.parseInt(args[3]);
        termLength = Integer.parseInt(args[4]);
    }

    public static void main(String[] args) throws InterruptedException {
        new LaneThroughput(args).run();
    }

    private static IdleStrategy idle() {
        return MediaDrivers.backoff();
    }

    private void run() throws InterruptedException {
        MediaDriver.Context context = MediaDrivers.driver(directory, ThreadingMode.SHARED, LaneThroughput::idle);
        try (MediaDriver driver = MediaDriver.launch(context);
                Aeron aeron = Aeron.connect(MediaDrivers.client(Path.of(driver.aeronDirectoryName()), idle()))) {
            for (int round = 0; round < 3; round++) {
                double bare = bare(aeron);
                double write = lane(aeron, true);
                double read = lane(aeron, false);
                System.out.printf(
                        "%s chunk=%d term=%d writers=%d aeron=%.2f GB/s lane write=%.2f (%.0f%%) read=%.2f (%.0f%%)%n",
                        channel,
                        chunkLength,
                        termLength,
                        writers,
                        bare,
                        write,
                        100 * write / bare,
                        read,
                        100 * read / bare);
            }
        }
    }

    private AeronNetworkContext settings(Aeron aeron) {
        boolean udp = channel.startsWith("aeron:udp");
        return new AeronNetworkContext()
                .aeron(aeron)
                .siteId(new UUID(1, 2))
                .secret(AeronFixture.SECRET)
                .targetChannel(targetId -> channel)
                .replyEndpoint("localhost:0")
                .termLength(termLength)
                .udpMtuLength(AeronNetworkContext.MAX_MTU_LENGTH)
                .socketBufferLength(udp ? 4 * 1024 * 1024 : 0)
                .windowLength(udp ? 2 * 1024 * 1024 : 0);
    }

    /** One sender, one receiver that copies each message once, as a lane does. */
    private double bare(Aeron aeron) throws InterruptedException {
        running = true;
        LaneChannels channels = new LaneChannels(settings(aeron));
        UnsafeBuffer sink = new UnsafeBuffer(aligned());
        UnsafeBuffer source = new UnsafeBuffer(aligned());
        AtomicLong bytes = new AtomicLong();
        try (Subscription subscription = aeron.addSubscription(channels.helloSubscription(channel), 99);
                ConcurrentPublication publication = aeron.addPublication(channels.dataPublication(channel), 99)) {
            int message = Math.min(chunkLength, publication.maxMessageLength());
            int[] position = new int[1];
            FragmentHandler handler = (buffer, offset, length, header) -> {
                position[0] = (header.flags() & 0x80) != 0 ? 0 : position[0];
                sink.putBytes(position[0], buffer, offset, length);
                position[0] += length;
                bytes.addAndGet(length);
            };
            Thread receiver = start(() -> {
                IdleStrategy idle = idle();
                while (running) {
                    idle.idle(subscription.poll(handler, 32));
                }
            });
            Thread sender = start(() -> {
                IdleStrategy idle = idle();
                while (running) {
                    idle.idle(publication.offer(source, 0, message, null) > 0 ? 1 : 0);
                }
            });
            return measure(bytes, List.of(receiver, sender));
        }
    }

    private ByteBuffer aligned() {
        return BufferUtil.allocateDirectAligned(chunkLength + 4096, 4096);
    }

    private double lane(Aeron aeron, boolean write) throws InterruptedException {
        running = true;
        AtomicLong bytes = new AtomicLong();
        SlabPool pool = SlabPool.allocate(CREDIT + 2, chunkLength);
        SlabPool hostPool = SlabPool.allocate(CREDIT, chunkLength);
        AeronNetwork network = new AeronNetwork(settings(aeron));
        Echo echo = new Echo(pool, chunkLength);
        LaneServer server = network.serve(TARGET, CREDIT, echo);
        echo.server = server;
        Lane lane = network.connect(TARGET, 1, new Counter(bytes, chunkLength));
        try {
            List<Thread> threads = new ArrayList<>();
            threads.add(start(() -> {
                IdleStrategy idle = idle();
                while (running) {
                    idle.idle(server.poll() + echo.answer());
                }
            }));
            threads.add(start(() -> {
                IdleStrategy idle = idle();
                while (running) {
                    idle.idle(lane.poll());
                }
            }));
            while (!lane.isConnected()) {
                BusySpinIdleStrategy.INSTANCE.idle();
            }
            for (int i = 0; i < writers; i++) {
                int index = i;
                threads.add(start(() -> request(lane, index, write, hostPool)));
            }
            return measure(bytes, threads);
        } finally {
            lane.close();
            server.close();
            network.close();
        }
    }

    private void request(Lane lane, int index, boolean write, SlabPool hostPool) {
        IdleStrategy idle = idle();
        UnsafeBuffer payload = new UnsafeBuffer(aligned());
        UnsafeBuffer checksums = new UnsafeBuffer(new byte[1024]);
        long id = index * 1_000_000_000L;
        while (running) {
            Slab slab = write ? null : hostPool.tryAcquire();
            long status = Lane.BACK_PRESSURED;
            if (write) {
                status = lane.writeChunk(id, 1, id, 0, payload, 0, chunkLength, checksums, null);
            } else if (slab != null) {
                status = lane.readChunk(id, 1, id, 0, 0, chunkLength, slab);
                if (status != Lane.SENT) {
                    slab.release();
                }
            }
            id += status == Lane.SENT ? 1 : 0;
            idle.idle(status == Lane.SENT ? 1 : 0);
        }
    }

    private double measure(AtomicLong bytes, List<Thread> threads) throws InterruptedException {
        long start = System.nanoTime();
        long from = bytes.get();
        while (System.nanoTime() - start < durationNs) {
            Thread.sleep(20);
        }
        double rate = (bytes.get() - from) / (double) (System.nanoTime() - start);
        running = false;
        for (Thread thread : threads) {
            thread.join();
        }
        return rate;
    }

    private static Thread start(Runnable body) {
        Thread thread = new Thread(body);
        thread.start();
        return thread;
    }

    /** Takes writes at once, and answers reads with whatever is in a slab. */
    private static final class Echo implements RequestHandler {
        private final SlabPool pool;
        private final Slab slab;
        private final int chunkLength;
        private final UnsafeBuffer checksums = new UnsafeBuffer(new byte[1024]);
        private final ArrayDeque<long[]> pending = new ArrayDeque<>();
        private final ArrayDeque<long[]> unused = new ArrayDeque<>();
        private LaneServer server;

        Echo(SlabPool pool, int chunkLength) {
            this.pool = pool;
            this.slab = pool.tryAcquire();
            this.chunkLength = chunkLength;
            for (int i = 0; i < 4096; i++) {
                unused.add(new long[3]);
            }
        }

        private void later(long laneId, long correlationId, boolean read) {
            long[] entry = unused.remove();
            entry[0] = laneId;
            entry[1] = correlationId;
            entry[2] = read ? 1 : 0;
            pending.add(entry);
        }

        int answer() {
            int work = 0;
            while (!pending.isEmpty()) {
                long[] entry = pending.peek();
                long status = entry[2] == 0
                        ? server.chunkWritten(entry[0], entry[1])
                        : server.chunkRead(entry[0], entry[1], slab, 0, 0, chunkLength, checksums, chunkLength, null);
                if (status == Lane.BACK_PRESSURED) {
                    break;
                }
                unused.add(pending.remove());
                work++;
            }
            return work;
        }

        @Override
        public Slab acquireSlab(int length) {
            return pool.tryAcquire();
        }

        @Override
        public void onWriteChunk(
                long laneId,
                long correlationId,
                long session,
                long stripe,
                int index,
                Slab payload,
                int length,
                DirectBuffer blockChecksums,
                DirectBuffer stripeLengths) {
            payload.release();
            later(laneId, correlationId, false);
        }

        @Override
        public void onReadChunk(
                long laneId, long correlationId, long session, long stripe, int index, int chunkOffset, int length) {
            later(laneId, correlationId, true);
        }

        @Override
        public void onDeleteChunk(long laneId, long correlationId, long session, long stripe, int index) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onQueryStatus(long laneId, long correlationId) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onListChunks(long laneId, long correlationId, long cursor) {
            throw new UnsupportedOperationException();
        }
    }

    /** Counts the bytes of answered requests. */
    private record Counter(AtomicLong bytes, int chunkLength) implements LaneHandler {
        @Override
        public void onChunkWritten(int targetId, long correlationId) {
            bytes.addAndGet(chunkLength);
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
            slab.release();
            bytes.addAndGet(length);
        }

        @Override
        public void onChunkDeleted(int targetId, long correlationId) {}

        @Override
        public void onTargetStatus(int targetId, long correlationId, TargetStatus status) {}

        @Override
        public void onChunkList(int targetId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {}

        @Override
        public void onError(int targetId, long correlationId, ErrorCode code, String message, Slab slab) {
            if (slab != null) {
                slab.release();
            }
            if (code != ErrorCode.UNREACHABLE) {
                System.err.println("failed: " + code + " " + message);
            }
        }
    }
}

package org.apollofs.dataplane.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.chunk.TargetRefusedException;
import org.apollofs.io.device.DataFile;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneHandler;
import org.apollofs.transport.TargetStatus;
import org.apollofs.transport.memory.InMemoryNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A target on a real file, asked through lanes in memory, on the test's thread. */
@Timeout(60)
class StorageTargetTest {
    private static final UUID SITE = new UUID(3, 4);
    private static final int CHUNK = 128 * 1024;
    private static final int CHUNKS = 64;
    private static final int CREDIT = 4;

    @TempDir
    Path folder;

    private final InMemoryNetwork network = new InMemoryNetwork();
    private final Host host = new Host();
    private SlabPool hostSlabs;
    private StorageTarget target;
    private Lane lane;
    private long nextId = 1;

    @BeforeEach
    void open() throws IOException {
        hostSlabs = SlabPool.allocate(8, CHUNK);
        StorageTarget.format(folder.resolve("3"), SITE, 3)
                .deviceLength(Superblock.deviceLengthFor(CHUNKS, CHUNK))
                .chunkLength(CHUNK)
                .journalLength(256 << 10)
                .mode(DataFile.Mode.ALLOCATED)
                .formatId(1)
                .format();
        target = StorageTarget.open(context());
        lane = network.connect(3, 1, host);
        await(lane::isConnected);
    }

    private StorageTargetContext context() {
        return new StorageTargetContext()
                .directory(folder.resolve("3"))
                .siteId(SITE)
                .targetId(3)
                .network(network)
                .clock(SystemNanoClock.INSTANCE)
                .chunkLength(CHUNK)
                .creditChunks(CREDIT)
                .readSlabs(2);
    }

    @AfterEach
    void close() {
        lane.close();
        target.close();
        network.close();
        hostSlabs.close();
    }

    private void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (lane.poll() + target.doWork() == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private static UnsafeBuffer content(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return new UnsafeBuffer(bytes);
    }

    private static UnsafeBuffer checksums(UnsafeBuffer content) {
        int count = Crc32c.blockCount(content.capacity(), Lane.CHECKSUM_BLOCK_LENGTH);
        UnsafeBuffer sums = new UnsafeBuffer(new byte[count * 4]);
        new Crc32c().checksumBlocks(content, 0, content.capacity(), Lane.CHECKSUM_BLOCK_LENGTH, sums, 0);
        return sums;
    }

    private long write(long stripe, UnsafeBuffer content, UnsafeBuffer sums) {
        long id = nextId++;
        await(() -> lane.writeChunk(id, 1, stripe, 0, content, 0, content.capacity(), sums, null) > 0);
        return id;
    }

    private long read(long stripe, int offset, int length) {
        Slab[] slab = new Slab[1];
        await(() -> (slab[0] = hostSlabs.tryAcquire()) != null);
        long id = nextId++;
        await(() -> lane.readChunk(id, 1, stripe, 0, offset, length, slab[0]) > 0);
        return id;
    }

    private Object answer(long id) {
        await(() -> host.answers.containsKey(id));
        return host.answers.get(id);
    }

    @Test
    void shouldWriteReadDelete() {
        for (int i = 0; i < 20; i++) {
            UnsafeBuffer content = content(i, 1 + i * 6000);
            write(i, content, checksums(content));
        }
        for (long id = 1; id <= 20; id++) {
            assertEquals("written", answer(id));
        }
        long[] reads = new long[20];
        for (int i = 0; i < 20; i++) {
            reads[i] = read(i, 0, CHUNK);
        }
        for (int i = 0; i < 20; i++) {
            assertArrayEquals(content(i, 1 + i * 6000).byteArray(), (byte[]) answer(reads[i]));
        }
        long delete = nextId++;
        await(() -> lane.deleteChunk(delete, 1, 7, 0) > 0);
        assertEquals("deleted", answer(delete));
        assertEquals(ErrorCode.NOT_FOUND, answer(read(7, 0, 1)));
    }

    @Test
    void shouldAnswerManyReadsWithFewSlabs() {
        UnsafeBuffer content = content(1, CHUNK);
        answer(write(1, content, checksums(content)));
        long[] ids = new long[40];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = read(1, 0, CHUNK);
        }
        for (long id : ids) {
            assertArrayEquals(content.byteArray(), (byte[]) answer(id));
        }
        await(() -> target.statistics().freeSlabs() == CREDIT + 2);
    }

    @Test
    void shouldRefuseDamagedPayload() {
        UnsafeBuffer content = content(1, 1000);
        UnsafeBuffer sums = checksums(content);
        sums.putInt(0, 0);
        assertEquals(ErrorCode.CHECKSUM_MISMATCH, answer(write(1, content, sums)));
        await(() -> target.statistics().freeSlabs() == CREDIT + 2);
    }

    @Test
    void shouldSayWhatItHolds() {
        UnsafeBuffer content = content(1, 1000);
        for (int i = 0; i < 30; i++) {
            write(i, content, checksums(content));
        }
        answer(30);
        long status = nextId++;
        await(() -> lane.queryStatus(status) > 0);
        TargetStatus figures = (TargetStatus) answer(status);
        assertEquals(30, figures.chunkCount());
        assertEquals((long) CHUNKS * CHUNK, figures.capacityBytes());
        assertEquals((long) CHUNKS * CHUNK - 30 * 65_536, figures.freeBytes());
        assertTrue(figures.writable());
        long list = nextId++;
        await(() -> lane.listChunks(list, 0) > 0);
        Set<ChunkAddress> names = new HashSet<>((List<?>) answer(list))
                .stream().map(ChunkAddress.class::cast).collect(java.util.stream.Collectors.toSet());
        assertEquals(30, names.size());
        assertTrue(names.contains(new ChunkAddress(1, 29, 0)));
    }

    @Test
    void shouldKeepChunksOfHostsThatAreGone() {
        UnsafeBuffer content = content(1, CHUNK);
        for (int i = 0; i < 3; i++) {
            write(i, content, checksums(content));
        }
        await(() -> target.statistics().counters().get(TargetCounter.WRITE_REQUESTS) == 3);
        network.disconnect(3);
        await(lane::isConnected);
        await(() -> target.statistics().freeSlabs() == CREDIT + 2);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(content.byteArray(), (byte[]) answer(read(i, 0, CHUNK)));
        }
    }

    @Test
    void shouldReopen() throws IOException {
        UnsafeBuffer content = content(1, CHUNK);
        answer(write(1, content, checksums(content)));
        lane.close();
        target.close();
        target = StorageTarget.open(context());
        lane = network.connect(3, 1, host);
        await(lane::isConnected);
        assertArrayEquals(content.byteArray(), (byte[]) answer(read(1, 0, CHUNK)));
    }

    @Test
    void shouldRunAsAgentOfAnotherThread() throws IOException {
        AtomicReference<Throwable> error = new AtomicReference<>();
        AgentRunner runner = new AgentRunner(new YieldingIdleStrategy(), error::set, null, target);
        AgentRunner.startOnThread(runner);
        try {
            UnsafeBuffer content = content(1, CHUNK);
            for (int i = 0; i < 20; i++) {
                long id = nextId++;
                long stripe = i;
                awaitRunning(() -> lane.writeChunk(id, 1, stripe, 0, content, 0, CHUNK, checksums(content), null) > 0);
            }
            awaitRunning(() -> host.answers.size() == 20);
        } finally {
            runner.close();
        }
        assertNull(error.get());
        target = StorageTarget.open(context());
        assertEquals(20, target.statistics().store().chunkCount());
    }

    private void awaitRunning(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (lane.poll() == 0) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void shouldLeaveNothingOfATargetThatCannotBeMade() {
        Path small = folder.resolve("4");
        TargetRefusedException e = assertThrows(
                TargetRefusedException.class,
                () -> StorageTarget.format(small, SITE, 4).deviceLength(1 << 20).format());
        assertEquals(TargetRefusedException.Reason.INVALID_GEOMETRY, e.reason());
        assertTrue(e.getMessage().contains("too small"), e.getMessage());
        assertFalse(Files.exists(small));
        TargetRefusedException exists = assertThrows(
                TargetRefusedException.class,
                () -> StorageTarget.format(folder.resolve("3"), SITE, 3)
                        .deviceLength(1L << 30)
                        .format());
        assertEquals(TargetRefusedException.Reason.EXISTS, exists.reason());
    }

    /** Keeps answers by correlation id. */
    private static final class Host implements LaneHandler {
        final Map<Long, Object> answers = new HashMap<>();

        private void add(long id, Object answer) {
            assertNull(answers.put(id, answer));
        }

        @Override
        public void onChunkWritten(int targetId, long correlationId) {
            add(correlationId, "written");
        }

        @Override
        public void onChunkRead(
                int targetId,
                long correlationId,
                Slab slab,
                int blockOffset,
                int length,
                DirectBuffer checksums,
                int chunkLength,
                DirectBuffer stripeLengths) {
            byte[] bytes = new byte[length];
            slab.buffer().getBytes(0, bytes);
            slab.release();
            UnsafeBuffer content = new UnsafeBuffer(bytes);
            assertEquals(checksums(content), new UnsafeBuffer(checksums, 0, checksums.capacity()));
            add(correlationId, bytes);
        }

        @Override
        public void onChunkDeleted(int targetId, long correlationId) {
            add(correlationId, "deleted");
        }

        @Override
        public void onTargetStatus(int targetId, long correlationId, TargetStatus status) {
            add(correlationId, status);
        }

        @Override
        public void onChunkList(int targetId, long correlationId, List<ChunkAddress> chunks, long nextCursor) {
            add(correlationId, chunks);
        }

        @Override
        public void onError(int targetId, long correlationId, ErrorCode code, String message, Slab slab) {
            if (slab != null) {
                slab.release();
            }
            add(correlationId, code);
        }
    }
}

package org.apollofs.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/** What every {@link Network} keeps. One thread polls both ends, except where the test says otherwise. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class NetworkContractTest {
    protected static final int TARGET = 3;
    protected static final int CREDIT = 8;
    protected static final int CHUNK = 1024 * 1024;
    protected static final long SESSION = 7;

    private final long seed = new Random().nextLong();
    protected final Random random = new Random(seed);
    protected final RecordingHost host = new RecordingHost();
    protected NetworkFixture fixture;
    protected SlabPool hostPool;
    protected SlabPool targetPool;
    protected MapTarget target;
    protected LaneServer server;
    protected Lane lane;
    private long nextId = 1000;

    @RegisterExtension
    final TestWatcher seedOnFailure = new TestWatcher() {
        @Override
        public void testFailed(ExtensionContext context, Throwable cause) {
            System.err.println(context.getDisplayName() + " failed with seed=" + seed);
        }
    };

    /** @param requestTimeoutNs deadline of requests. */
    protected abstract NetworkFixture open(long requestTimeoutNs);

    @BeforeEach
    void setUp() {
        hostPool = SlabPool.allocate(8, CHUNK);
        targetPool = SlabPool.allocate(CREDIT + 4, CHUNK);
        start(TimeUnit.SECONDS.toNanos(20));
    }

    @AfterEach
    void tearDown() {
        lane.close();
        server.close();
        fixture.close();
        assertEquals(0, host.answeredTwice.get(), "answered twice, seed=" + seed);
        hostPool.close();
        targetPool.close();
    }

    private void start(long requestTimeoutNs) {
        fixture = open(requestTimeoutNs);
        serve();
        lane = fixture.host().connect(TARGET, SESSION, host);
    }

    protected void restart(long requestTimeoutNs) {
        lane.close();
        server.close();
        fixture.close();
        start(requestTimeoutNs);
    }

    private void serve() {
        target = new MapTarget(TARGET, targetPool);
        server = fixture.target().serve(TARGET, CREDIT, target);
        target.server(server);
    }

    protected void cycle() {
        int work = lane.poll() + server.poll() + target.answer();
        if (work == 0) {
            YieldingIdleStrategy.INSTANCE.idle();
        }
    }

    protected void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            cycle();
            assertTrue(System.nanoTime() < deadline, "waited for " + what + ", seed=" + seed);
        }
    }

    protected void send(LongSupplier request) {
        await("request is taken", () -> {
            long status = request.getAsLong();
            assertTrue(status != Lane.CLOSED, "lane closed, seed=" + seed);
            return status == Lane.SENT;
        });
    }

    protected RecordingHost.Answer answerTo(long id) {
        await("answer to " + id, () -> host.answers.containsKey(id));
        return host.answers.get(id);
    }

    protected record Sample(byte[] payload, byte[] checksums, byte[] stripeLengths) {
        public long write(Lane lane, long id, long stripe, int index) {
            // Surrounded by other bytes, which must not get through.
            UnsafeBuffer buffer = new UnsafeBuffer(new byte[payload.length + 200]);
            buffer.putBytes(100, payload);
            UnsafeBuffer lengths = stripeLengths == null ? null : new UnsafeBuffer(stripeLengths);
            return lane.writeChunk(
                    id, SESSION, stripe, index, buffer, 100, payload.length, new UnsafeBuffer(checksums), lengths);
        }
    }

    protected Sample sample(int length, int dataChunks) {
        byte[] payload = new byte[length];
        byte[] checksums = new byte[LaneLimits.blockCount(length) * Integer.BYTES];
        byte[] stripeLengths = dataChunks == 0 ? null : new byte[dataChunks * Integer.BYTES];
        random.nextBytes(payload);
        random.nextBytes(checksums);
        if (stripeLengths != null) {
            random.nextBytes(stripeLengths);
        }
        return new Sample(payload, checksums, stripeLengths);
    }

    @Test
    void shouldWriteAndReadBackEveryLength() {
        int[] edges = {1, 4095, 4096, 65535, 65536, 65537, 983040, CHUNK - 1, CHUNK};
        for (int i = 0; i < 40; i++) {
            int length = i < edges.length ? edges[i] : 1 + random.nextInt(CHUNK);
            int stripe = i;
            Sample sample = sample(length, i % 3 == 0 ? 1 + random.nextInt(LaneLimits.MAX_DATA_CHUNKS) : 0);
            long writeId = nextId++;
            send(() -> sample.write(lane, writeId, stripe, 5));
            assertEquals("written", answerTo(writeId).kind());

            Slab slab = hostPool.tryAcquire();
            long readId = nextId++;
            send(() -> lane.readChunk(readId, SESSION, stripe, 5, 0, length, slab));
            RecordingHost.Answer answer = answerTo(readId);
            assertEquals("read", answer.kind(), () -> answer + ", length=" + length);
            assertSame(slab, answer.slab());
            assertArrayEquals(sample.payload, answer.payload());
            assertArrayEquals(sample.checksums, answer.checksums());
            assertArrayEquals(
                    sample.stripeLengths == null ? new byte[0] : sample.stripeLengths, answer.stripeLengths());
            assertEquals(length, answer.chunkLength());
            assertEquals(0, answer.blockOffset());
            slab.release();
        }
        await("slabs come back", () -> targetPool.available() == targetPool.slabCount());
    }

    @Test
    void shouldReadRangesInWholeBlocks() {
        int length = 700_001;
        Sample sample = sample(length, 4);
        send(() -> sample.write(lane, 1, 1, 0));
        assertEquals("written", answerTo(1).kind());
        for (int i = 0; i < 30; i++) {
            int offset = random.nextInt(length);
            int wanted = 1 + random.nextInt(length);
            Slab slab = hostPool.tryAcquire();
            long id = nextId++;
            send(() -> lane.readChunk(id, SESSION, 1, 0, offset, wanted, slab));
            RecordingHost.Answer answer = answerTo(id);
            assertEquals("read", answer.kind());
            int from = offset / 65536 * 65536;
            int to = (int) Math.min(length, ((long) offset + wanted + 65535) / 65536 * 65536);
            assertEquals(from, answer.blockOffset());
            assertArrayEquals(Arrays.copyOfRange(sample.payload, from, to), answer.payload());
            int blocks = LaneLimits.blockCount(to - from);
            int first = from / 65536 * 4;
            assertArrayEquals(Arrays.copyOfRange(sample.checksums, first, first + blocks * 4), answer.checksums());
            assertEquals(length, answer.chunkLength());
            assertArrayEquals(sample.stripeLengths, answer.stripeLengths());
            slab.release();
        }
    }

    @Test
    void shouldDeleteListAndReport() {
        List<ChunkAddress> expected = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int stripe = i;
            send(() -> sample(10, 0).write(lane, stripe, stripe, 2));
            assertEquals("written", answerTo(stripe).kind());
            expected.add(new ChunkAddress(SESSION, stripe, 2));
        }
        send(() -> lane.queryStatus(100));
        assertEquals(
                new TargetStatus(TARGET, 1L << 50, 1L << 49, 8, true),
                answerTo(100).status());
        List<ChunkAddress> listed = new ArrayList<>();
        long cursor = 0;
        do {
            long from = cursor;
            long id = nextId++;
            send(() -> lane.listChunks(id, from));
            listed.addAll(answerTo(id).chunks());
            cursor = answerTo(id).nextCursor();
        } while (cursor != 0);
        assertEquals(expected, listed);
        send(() -> lane.deleteChunk(200, SESSION, 4, 2));
        assertEquals("deleted", answerTo(200).kind());
        Slab slab = hostPool.tryAcquire();
        send(() -> lane.readChunk(201, SESSION, 4, 2, 0, 10, slab));
        RecordingHost.Answer answer = answerTo(201);
        assertEquals(ErrorCode.NOT_FOUND, answer.code());
        assertEquals("no such range: stripe=4", answer.message());
        assertSame(slab, answer.slab());
        slab.release();
    }

    @Test
    void shouldBackPressureWithoutCreditAndRecover() {
        await("connected", lane::isConnected);
        target.answering = false;
        Map<Long, Sample> samples = new HashMap<>();
        long id = 0;
        for (; id < CREDIT; id++) {
            Sample sample = samples.computeIfAbsent(id, key -> sample(200_000, 0));
            long stripe = id;
            send(() -> sample.write(lane, stripe, stripe, 0));
        }
        Sample beyond = sample(200_000, 0);
        for (int i = 0; i < 1_000; i++) {
            assertEquals(Lane.BACK_PRESSURED, beyond.write(lane, id, id, 0), "taken without an answer");
            cycle();
        }
        assertTrue(host.answers.isEmpty());
        target.answering = true;
        for (; id < 40; id++) {
            Sample sample = samples.computeIfAbsent(id, key -> sample(200_000, 0));
            long stripe = id;
            send(() -> sample.write(lane, stripe, stripe, 0));
        }
        await("all are answered", () -> host.answers.size() == 40);
        for (long stripe = 0; stripe < 40; stripe++) {
            assertEquals("written", host.answers.get(stripe).kind());
            readAndCompare(stripe, samples.get(stripe));
        }
        assertTrue(target.mostKept <= CREDIT, "kept back: " + target.mostKept);
    }

    private void readAndCompare(long stripe, Sample sample) {
        Slab slab = hostPool.tryAcquire();
        long id = 1_000_000 + nextId++;
        send(() -> lane.readChunk(id, SESSION, stripe, 0, 0, sample.payload.length, slab));
        assertArrayEquals(sample.payload, answerTo(id).payload());
        slab.release();
    }

    @Test
    void shouldWaitForASlab() {
        List<Slab> hidden = new ArrayList<>();
        for (Slab slab = targetPool.tryAcquire(); slab != null; slab = targetPool.tryAcquire()) {
            hidden.add(slab);
        }
        Map<Long, Sample> samples = new HashMap<>();
        for (long i = 0; i < 4; i++) {
            // Together they fit into the smallest window.
            Sample sample = sample(20_000 + random.nextInt(150_000), 3);
            samples.put(i, sample);
            long id = i;
            send(() -> sample.write(lane, id, id, 0));
        }
        for (int i = 0; i < 1000; i++) {
            cycle();
        }
        assertEquals(0, target.writes);
        hidden.forEach(Slab::release);
        for (long i = 0; i < 4; i++) {
            assertEquals("written", answerTo(i).kind());
            readAndCompare(i, samples.get(i));
        }
    }

    @Test
    void shouldFailWhatIsUnansweredWhenTheTargetGoesAndConnectAgain() {
        send(() -> sample(1000, 0).write(lane, 1, 1, 0));
        assertEquals("written", answerTo(1).kind());
        target.answering = false;
        send(() -> sample(300_000, 0).write(lane, 2, 2, 0));
        Slab slab = hostPool.tryAcquire();
        send(() -> lane.readChunk(3, SESSION, 1, 0, 0, 1000, slab));
        await("requests arrive", () -> target.kept() == 2);
        server.close();
        await("unreachable", () -> {
            assertTrue(lane.poll() >= 0);
            return host.answers.size() == 3;
        });
        assertEquals(ErrorCode.UNREACHABLE, host.answers.get(2L).code());
        assertEquals(ErrorCode.UNREACHABLE, host.answers.get(3L).code());
        assertSame(slab, host.answers.get(3L).slab());
        slab.release();
        assertFalse(lane.isConnected());
        assertEquals(Lane.NOT_CONNECTED, lane.queryStatus(4));
        target.answering = true;
        // The old target's answers are moot, and its slabs come back.
        while (target.kept() > 0) {
            assertTrue(target.answer() >= 0);
        }
        assertEquals(2, target.refusedAnswers);

        serve();
        send(() -> sample(1000, 0).write(lane, 5, 5, 0));
        assertEquals("written", answerTo(5).kind());
        assertEquals(targetPool.slabCount(), targetPool.available());
    }

    @Test
    void shouldFailWhatIsUnansweredWhenTheLinkBreaks() {
        await("connected", lane::isConnected);
        target.answering = false;
        send(() -> lane.queryStatus(1));
        await("request arrives", () -> target.kept() == 1);
        fixture.isolate(TARGET);
        assertEquals(ErrorCode.UNREACHABLE, answerTo(1).code());
        fixture.heal(TARGET);
        target.answering = true;
        send(() -> lane.queryStatus(2));
        assertEquals("status", answerTo(2).kind());
        // The old answer is refused, or goes to a lane that nobody hears: a matter of time.
        await("the old answer is over", () -> target.kept() == 0);
        assertEquals(ErrorCode.UNREACHABLE, answerTo(1).code());
    }

    @Test
    void shouldFailWhatIsLateAndIgnoreTheLateAnswer() {
        restart(TimeUnit.MILLISECONDS.toNanos(1000));
        send(() -> sample(1000, 0).write(lane, 1, 1, 0));
        assertEquals("written", answerTo(1).kind());
        target.answering = false;
        Slab slab = hostPool.tryAcquire();
        slab.buffer().setMemory(0, slab.capacity(), (byte) 0);
        send(() -> lane.readChunk(2, SESSION, 1, 0, 0, 1000, slab));
        send(() -> sample(1000, 0).write(lane, 3, 3, 0));
        assertEquals(ErrorCode.UNREACHABLE, answerTo(2).code());
        assertSame(slab, answerTo(2).slab());
        assertEquals(ErrorCode.UNREACHABLE, answerTo(3).code());
        target.answering = true;
        // An answer to a later request comes after the late ones.
        await("late answers are over", () -> target.kept() == 0);
        send(() -> lane.queryStatus(4));
        assertEquals("status", answerTo(4).kind());
        for (int i = 0; i < slab.capacity(); i++) {
            assertEquals(0, slab.buffer().getByte(i), "the slab was ours again");
        }
        slab.release();
        assertEquals(4, host.answers.size());
    }

    @Test
    void shouldShareCreditOverLanes() {
        RecordingHost otherHost = new RecordingHost();
        try (Lane other = fixture.host().connect(TARGET, SESSION + 1, otherHost)) {
            await("both connected", () -> {
                assertTrue(other.poll() >= 0);
                return other.isConnected() && lane.isConnected();
            });
            target.answering = false;
            long[] taken = new long[2];
            long idleSince = System.nanoTime();
            while (System.nanoTime() - idleSince < TimeUnit.MILLISECONDS.toNanos(200)) {
                for (int i = 0; i < 2; i++) {
                    if (sample(100, 0).write(i == 0 ? lane : other, taken[i], taken[i], i) == Lane.SENT) {
                        taken[i]++;
                        idleSince = System.nanoTime();
                    }
                }
                cycle();
                assertTrue(other.poll() >= 0);
            }
            assertEquals(CREDIT / 2, taken[0]);
            assertEquals(CREDIT / 2, taken[1]);
            target.answering = true;
            await("both answered", () -> {
                assertTrue(other.poll() >= 0);
                return host.answers.size() == CREDIT / 2 && otherHost.answers.size() == CREDIT / 2;
            });
        }
        // Once the other is gone, its credit is this lane's.
        target.answering = false;
        long[] next = {100};
        await("all the credit", () -> {
            if (sample(100, 0).write(lane, next[0], next[0], 0) == Lane.SENT) {
                next[0]++;
            }
            return next[0] == 100 + CREDIT;
        });
        target.answering = true;
        await("answered", () -> host.answers.size() == CREDIT / 2 + CREDIT);
    }

    @Test
    void shouldLoseNothingWithManyThreads() throws InterruptedException {
        int threads = 4;
        int perThread = 60;
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> all = new ArrayList<>();
        all.add(thread(failure, () -> {
            Random pauses = new Random(seed);
            while (running.get()) {
                // A target that is slow now and then.
                target.answering = pauses.nextInt(50) != 0;
                if (server.poll() + target.answer() == 0) {
                    YieldingIdleStrategy.INSTANCE.idle();
                }
            }
            target.answering = true;
        }));
        all.add(thread(failure, () -> {
            while (running.get()) {
                if (lane.poll() == 0) {
                    YieldingIdleStrategy.INSTANCE.idle();
                }
            }
        }));
        List<Thread> writers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int index = t;
            writers.add(thread(failure, () -> writeAndRead(index, perThread, failure)));
        }
        for (Thread writer : writers) {
            writer.join();
        }
        running.set(false);
        for (Thread thread : all) {
            thread.join();
        }
        assertEquals(null, failure.get());
        await("slabs come back", () -> targetPool.available() == targetPool.slabCount());
        assertEquals(threads * perThread * 2, host.answers.size());
    }

    private void writeAndRead(int index, int count, AtomicReference<Throwable> failure) {
        Random mine = new Random(seed + index);
        for (int i = 0; i < count; i++) {
            byte[] payload = new byte[mine.nextInt(4) == 0 ? CHUNK : 1 + mine.nextInt(CHUNK)];
            mine.nextBytes(payload);
            byte[] checksums = new byte[LaneLimits.blockCount(payload.length) * Integer.BYTES];
            mine.nextBytes(checksums);
            Sample sample = new Sample(payload, checksums, null);
            long writeId = (index + 1) * 1_000_000L + i;
            long readId = -writeId;
            int stripe = i;
            spin(failure, () -> sample.write(lane, writeId, stripe, index) == Lane.SENT);
            spin(failure, () -> host.answers.containsKey(writeId));
            Slab slab = hostPool.tryAcquire();
            assertNotNull(slab);
            spin(failure, () -> lane.readChunk(readId, SESSION, stripe, index, 0, payload.length, slab) == Lane.SENT);
            spin(failure, () -> host.answers.containsKey(readId));
            assertArrayEquals(payload, host.answers.get(readId).payload(), "seed=" + seed);
            assertArrayEquals(checksums, host.answers.get(readId).checksums());
            slab.release();
        }
    }

    private static void spin(AtomicReference<Throwable> failure, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (failure.get() != null || System.nanoTime() > deadline) {
                throw new IllegalStateException("given up", failure.get());
            }
            YieldingIdleStrategy.INSTANCE.idle();
        }
    }

    private static Thread thread(AtomicReference<Throwable> failure, Runnable body) {
        Thread thread = new Thread(() -> {
            try {
                body.run();
            } catch (Throwable t) {
                failure.compareAndSet(null, t);
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void shouldRefuseWhatBreaksABound() {
        await("connected", lane::isConnected);
        Sample sample = sample(10, 0);
        assertThrows(IllegalArgumentException.class, () -> discard(sample.write(lane, 1, -1, 0)));
        assertThrows(IllegalArgumentException.class, () -> discard(sample.write(lane, 1, 0, 256)));
        Sample tooFewChecksums = new Sample(new byte[65537], new byte[4], null);
        assertThrows(IllegalArgumentException.class, () -> discard(tooFewChecksums.write(lane, 1, 0, 0)));
        Sample tooWide = new Sample(new byte[1], new byte[4], new byte[65 * 4]);
        assertThrows(IllegalArgumentException.class, () -> discard(tooWide.write(lane, 1, 0, 0)));
        assertThrows(IllegalArgumentException.class, () -> discard(lane.readChunk(1, SESSION, 0, 0, -1, 5, null)));
    }

    private static void discard(long status) {
        assertTrue(status <= 1);
    }

    @Test
    void shouldAnswerClosedAfterClose() {
        await("connected", lane::isConnected);
        target.answering = false;
        send(() -> lane.queryStatus(1));
        lane.close();
        assertEquals(ErrorCode.UNREACHABLE, host.answers.get(1L).code());
        assertEquals(Lane.CLOSED, lane.queryStatus(2));
        assertFalse(lane.isConnected());
    }
}

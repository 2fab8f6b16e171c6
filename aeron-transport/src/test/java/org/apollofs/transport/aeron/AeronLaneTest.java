package org.apollofs.transport.aeron;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.Publication;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.LaneServer;
import org.apollofs.transport.MapTarget;
import org.apollofs.transport.RecordingHost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What only lanes over Aeron do: hellos and their refusal, chunks in parts, garbage on the wire. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AeronLaneTest {
    private static final int TARGET = 5;
    private static final int CREDIT = 4;
    private static final int CHUNK = 1024 * 1024;

    private final RecordingHost host = new RecordingHost();
    private final SlabPool pool = SlabPool.allocate(CREDIT, CHUNK);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private AeronFixture fixture;
    private AeronNetwork targetNetwork;
    private MapTarget target;
    private LaneServer server;
    private Lane lane;

    @BeforeEach
    void setUp() {
        open(false);
    }

    private void open(boolean udp) {
        fixture = new AeronFixture(udp, TimeUnit.SECONDS.toNanos(1));
        targetNetwork = new AeronNetwork(fixture.targetContext().maxChunkLength(CHUNK));
        target = new MapTarget(TARGET, pool);
        server = targetNetwork.serve(TARGET, CREDIT, target);
        target.server(server);
    }

    @AfterEach
    void tearDown() throws Exception {
        closeAll();
        assertEquals(CREDIT, pool.available());
        pool.close();
    }

    private void closeAll() throws Exception {
        if (lane != null) {
            lane.close();
        }
        server.close();
        targetNetwork.close();
        for (AutoCloseable closeable : opened) {
            closeable.close();
        }
        fixture.close();
    }

    private AeronNetwork network(AeronNetworkContext context) {
        AeronNetwork network = new AeronNetwork(context);
        opened.add(network);
        return network;
    }

    private void connect() {
        lane = fixture.host().connect(TARGET, 1, host);
        await(lane::isConnected);
    }

    private void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (lane.poll() + server.poll() + target.answer() == 0) {
                YieldingIdleStrategy.INSTANCE.idle();
            }
            assertTrue(System.nanoTime() < deadline, "waited in vain");
        }
    }

    private long write(long id, int length) {
        UnsafeBuffer payload = new UnsafeBuffer(new byte[length]);
        for (int i = 0; i < length; i += 997) {
            payload.putByte(i, (byte) (id + i));
        }
        UnsafeBuffer checksums = new UnsafeBuffer(new byte[LaneLimits.blockCount(length) * 4]);
        for (int i = 0; i < checksums.capacity(); i += 4) {
            checksums.putInt(i, i);
        }
        return lane.writeChunk(id, 1, id, 0, payload, 0, length, checksums, null);
    }

    private long count(AeronNetwork network, TransportCounter counter) {
        return network.counters().get(counter);
    }

    /** Time goes by while the target is not there: the opening goes on, and is not begun anew. */
    @Test
    void shouldGoOnOpeningHoweverLongTheTargetTakes() {
        AtomicLong leapNs = new AtomicLong();
        AeronNetwork network = network(fixture.hostContext().clock(() -> System.nanoTime() + leapNs.get()));
        lane = network.connect(TARGET, 1, host);
        for (int i = 0; i < 200; i++) {
            leapNs.addAndGet(TimeUnit.SECONDS.toNanos(10));
            YieldingIdleStrategy.INSTANCE.idle(lane.poll());
        }
        await(lane::isConnected);
        assertEquals(0, count(network, TransportCounter.OPENINGS_FAILED));
        assertEquals(1, count(network, TransportCounter.LANES_OPENED));
    }

    /** The target that heard the hello is gone before it answers: the next one hears it too. */
    @Test
    void shouldSayHelloAgainToATargetThatWasStartedAnew() {
        AeronNetwork network = network(fixture.hostContext().helloIntervalNs(TimeUnit.MILLISECONDS.toNanos(10)));
        lane = network.connect(TARGET, 1, host);
        for (int i = 0; i < 1_000; i++) {
            YieldingIdleStrategy.INSTANCE.idle(lane.poll());
        }
        server.close();
        server = targetNetwork.serve(TARGET, CREDIT, target);
        target.server(server);
        await(lane::isConnected);
        assertEquals(0, count(network, TransportCounter.OPENINGS_FAILED));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOverToADriverThatWasStartedAnew(boolean udp) throws Exception {
        closeAll();
        open(udp);
        connect();
        await(() -> write(1, 1000) == Lane.SENT);
        await(() -> host.answers.containsKey(1L));
        target.answering = false;
        await(() -> write(2, 1000) == Lane.SENT);

        fixture.endDriver();
        await(() -> host.answers.containsKey(2L));
        assertEquals(ErrorCode.UNREACHABLE, host.answers.get(2L).code());
        int work = 0;
        for (int i = 0; i < 1_000; i++) {
            work += lane.poll() + server.poll();
        }
        assertTrue(work < 1_000, "nobody works on what is not there");
        assertEquals(Lane.NOT_CONNECTED, write(3, 1000));

        fixture.startDriver();
        fixture.host().renew(fixture.hostClient());
        targetNetwork.renew(fixture.targetClient());
        target.answering = true;
        await(lane::isConnected);
        await(() -> write(3, 1000) == Lane.SENT);
        await(() -> host.answers.containsKey(3L));
        assertEquals("written", host.answers.get(3L).kind());
        // All the credit is there: what was under way has none any more.
        target.answering = false;
        for (int i = 4; i < 4 + CREDIT; i++) {
            int id = i;
            await(() -> write(id, 1000) == Lane.SENT);
        }
        target.answering = true;
        await(() -> host.answers.size() == 3 + CREDIT);
        assertEquals(0, host.answeredTwice.get());
    }

    private void refused(AeronNetworkContext context) {
        AeronNetwork network = network(context);
        lane = network.connect(TARGET, 1, host);
        await(() -> lane.queryStatus(1) == Lane.CLOSED);
        assertEquals(Lane.CLOSED, write(2, 10));
        assertEquals(1, count(targetNetwork, TransportCounter.HELLOS_REFUSED));
        assertEquals(0, count(targetNetwork, TransportCounter.LANES_ACCEPTED));
        assertEquals(0, count(network, TransportCounter.REQUESTS_SENT));
        assertTrue(host.answers.isEmpty());
    }

    @Test
    void shouldRefuseAnotherSite() {
        refused(fixture.hostContext().siteId(new UUID(1, 3)));
    }

    @Test
    void shouldRefuseAnotherSecret() {
        refused(fixture.hostContext()
                .secret("sixteen bytes or less".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    @Test
    void shouldRefuseAnotherVersion() {
        refused(fixture.hostContext().protocolVersion(2));
    }

    @Test
    void shouldRefuseAHostThatMeansAnotherTarget() {
        AeronNetwork network = network(fixture.hostContext().streamIdBase(7001));
        lane = network.connect(TARGET - 1, 1, host);
        await(() -> lane.queryStatus(1) == Lane.CLOSED);
        assertEquals(1, count(targetNetwork, TransportCounter.HELLOS_REFUSED));
    }

    @Test
    void shouldRefuseOverUdp() throws Exception {
        closeAll();
        open(true);
        refused(fixture.hostContext().secret(new byte[16]));
    }

    @Test
    void shouldTryAgainWhileTheTargetHasNoRoomForALane() throws Exception {
        closeAll();
        fixture = new AeronFixture(false, TimeUnit.SECONDS.toNanos(1));
        targetNetwork = new AeronNetwork(fixture.targetContext().maxLanes(1));
        server = targetNetwork.serve(TARGET, CREDIT, target);
        target.server(server);
        connect();
        Lane first = lane;
        lane = fixture.host().connect(TARGET, 2, host);
        await(() -> count(fixture.host(), TransportCounter.OPENINGS_FAILED) > 0);
        first.close();
        await(lane::isConnected);
    }

    @Test
    void shouldBearGarbageOnTheHelloStream() {
        try (Publication stranger = fixture.hostClient().addPublication("aeron:ipc?term-length=64k", 7000 + TARGET)) {
            UnsafeBuffer garbage = new UnsafeBuffer(new byte[4000]);
            for (int i = 0; i < 50; i++) {
                garbage.setMemory(0, garbage.capacity(), (byte) i);
                int length = 1 + i * 79;
                lane = lane == null ? fixture.host().connect(TARGET, 1, host) : lane;
                await(() -> stranger.offer(garbage, 0, length) > 0);
            }
            await(lane::isConnected);
            await(() -> count(targetNetwork, TransportCounter.HELLOS_IGNORED) >= 50);
        }
    }

    @Test
    void shouldGoOnWithAChunkThatStoppedBetweenTwoParts() {
        connect();
        interruptWrite();
        await(() -> write(2, CHUNK) == Lane.SENT);
        await(() -> host.answers.size() == 2);
        Slab slab = pool.tryAcquire();
        await(() -> lane.readChunk(3, 1, 2, 0, 0, CHUNK, slab) == Lane.SENT);
        await(() -> host.answers.size() == 3);
        byte[] payload = host.answers.get(3L).payload();
        byte[] expected = new byte[CHUNK];
        for (int i = 0; i < CHUNK; i += 997) {
            expected[i] = (byte) (2 + i);
        }
        assertArrayEquals(expected, payload);
        assertEquals(4, host.answers.get(3L).checksums()[4]);
        slab.release();
    }

    /** The window is 1 MiB: half a chunk, and the next chunk stops after some parts. */
    private void interruptWrite() {
        assertEquals(Lane.SENT, write(1, CHUNK / 2 - 30_000));
        assertEquals(Lane.BACK_PRESSURED, write(2, CHUNK));
        assertEquals(1, count(fixture.host(), TransportCounter.WRITES_INTERRUPTED));
    }

    @Test
    void shouldTakeBackAChunkOfWhichTheRestNeverComes() {
        connect();
        interruptWrite();
        await(() -> host.answers.size() == 1 && pool.available() == CREDIT - 1);
        await(() -> count(fixture.host(), TransportCounter.WRITES_CANCELLED) == 1);
        await(() -> pool.available() == CREDIT);
        // All the credit is there again, and the same correlation id may be used.
        target.answering = false;
        for (int i = 2; i < 2 + CREDIT; i++) {
            int id = i;
            await(() -> write(id, 1000) == Lane.SENT);
        }
        assertEquals(Lane.BACK_PRESSURED, write(99, 1000));
        target.answering = true;
        await(() -> host.answers.size() == 1 + CREDIT);
        for (long i = 2; i < 2 + CREDIT; i++) {
            assertEquals("written", host.answers.get(i).kind());
        }
    }

    @Test
    void shouldBeginAnewWhenTheTargetNeverAnswers() {
        connect();
        target.answering = false;
        await(() -> lane.queryStatus(1) == Lane.SENT);
        await(() -> count(fixture.host(), TransportCounter.LANES_LOST) == 1);
        assertEquals(ErrorCode.UNREACHABLE, host.answers.get(1L).code());
        await(lane::isConnected);
        target.answering = true;
        await(() -> lane.queryStatus(2) == Lane.SENT);
        await(() -> host.answers.containsKey(2L));
        assertEquals(1, target.refusedAnswers);
        assertEquals(0, host.answeredTwice.get());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 60, 3276, LaneLimits.MAX_LIST_LENGTH})
    void shouldCarryLists(int count) {
        connect();
        List<ChunkAddress> chunks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chunks.add(new ChunkAddress(7, i, i & 255));
        }
        target.listed = chunks;
        await(() -> lane.listChunks(1, 0) == Lane.SENT);
        await(() -> host.answers.containsKey(1L));
        assertEquals(chunks, host.answers.get(1L).chunks());
        assertEquals(77, host.answers.get(1L).nextCursor());
    }

    @Test
    void shouldCutLongMessages() {
        connect();
        target.errorMessage = "é".repeat(1000);
        await(() -> lane.deleteChunk(1, 1, 1, 1) == Lane.SENT);
        await(() -> host.answers.containsKey(1L));
        assertEquals(ErrorCode.IO_ERROR, host.answers.get(1L).code());
        assertEquals("é".repeat(256), host.answers.get(1L).message());
    }

    @Test
    void shouldEndALaneWhoseChunkIsTooLong() throws Exception {
        closeAll();
        fixture = new AeronFixture(false, TimeUnit.SECONDS.toNanos(1));
        targetNetwork = new AeronNetwork(fixture.targetContext().maxChunkLength(65536));
        server = targetNetwork.serve(TARGET, CREDIT, target);
        target.server(server);
        connect();
        assertEquals(Lane.SENT, write(1, 65537));
        await(() -> host.answers.containsKey(1L));
        assertEquals(ErrorCode.UNREACHABLE, host.answers.get(1L).code());
        assertEquals(1, count(targetNetwork, TransportCounter.MALFORMED));
    }
}

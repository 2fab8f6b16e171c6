package org.apollofs.transport.aeron.seal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Aeron over sealed sockets: streams, several destinations at either end, and drivers without the key. */
@Timeout(60)
final class SealedDriversTest {
    private static final byte[] SECRET = "a secret of 32 bytes, as in file".getBytes(StandardCharsets.UTF_8);
    private static final int STREAM = 7;

    @TempDir
    private Path dir;

    private Peer one;
    private Peer other;

    /** A driver, and a client of it. */
    private static final class Peer implements AutoCloseable {
        private final DatagramSeal seal;
        private final MediaDriver driver;
        private final Aeron aeron;

        Peer(Path directory, DatagramSeal seal) {
            this.seal = seal;
            MediaDriver.Context context = new MediaDriver.Context()
                    .aeronDirectoryName(directory.toString())
                    .dirDeleteOnShutdown(true)
                    .termBufferSparseFile(true)
                    .threadingMode(ThreadingMode.SHARED);
            driver = MediaDriver.launch(seal == null ? context : seal.install(context));
            aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(directory.toString()));
        }

        @Override
        public void close() {
            CloseHelper.closeAll(aeron, driver);
        }
    }

    private Peer peer(String name, String scope) {
        return new Peer(dir.resolve(name), new DatagramSeal(SealKey.of(SECRET, scope)));
    }

    @BeforeEach
    void launch() {
        one = peer("one", "scope");
        other = peer("other", "scope");
    }

    @AfterEach
    void close() {
        CloseHelper.closeAll(one, other);
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, what);
            Thread.onSpinWait();
        }
    }

    private static String endpoint(Subscription subscription) {
        await("a port", () -> subscription.resolvedEndpoint() != null);
        return subscription.resolvedEndpoint();
    }

    /** Sends messages of all lengths, and compares each. */
    private static void exchange(Publication publication, Subscription subscription, int count) {
        UnsafeBuffer message = new UnsafeBuffer(new byte[100_000]);
        long[] received = {0};
        FragmentAssembler assembler = new FragmentAssembler((buffer, offset, length, header) -> {
            int n = (int) received[0]++;
            assertEquals(length(n), length);
            assertEquals((byte) n, buffer.getByte(offset));
            assertEquals((byte) n, buffer.getByte(offset + length - 1));
        });
        for (int n = 0; n < count; n++) {
            int length = length(n);
            message.setMemory(0, length, (byte) n);
            await("room", () -> {
                subscription.poll(assembler, 16);
                return publication.offer(message, 0, length) > 0;
            });
        }
        await("all messages", () -> {
            subscription.poll(assembler, 16);
            return received[0] == count;
        });
    }

    private static int length(int n) {
        return 1 + n * 7919 % 99_000;
    }

    @Test
    void shouldCarryStreams() {
        try (Subscription subscription = other.aeron.addSubscription("aeron:udp?endpoint=127.0.0.1:0", STREAM);
                Publication publication =
                        one.aeron.addPublication("aeron:udp?endpoint=" + endpoint(subscription), STREAM)) {
            exchange(publication, subscription, 200);
        }
        assertEquals(0, other.seal.counters().get(SealCounter.STRANGERS));
        assertEquals(0, other.seal.counters().get(SealCounter.REPLAYED));
        assertEquals(1, other.seal.counters().get(SealCounter.SENDERS_PROVED));
        assertEquals(1, one.seal.counters().get(SealCounter.SENDERS_PROVED));
    }

    @Test
    void shouldCarryStreamsInTheLargestDatagrams() {
        String largest = "mtu=65504|so-sndbuf=208k|so-rcvbuf=208k|rcv-wnd=128k|endpoint=";
        try (Subscription subscription = other.aeron.addSubscription(
                        "aeron:udp?so-sndbuf=208k|so-rcvbuf=208k|rcv-wnd=128k|endpoint=127.0.0.1:0", STREAM);
                Publication publication =
                        one.aeron.addPublication("aeron:udp?" + largest + endpoint(subscription), STREAM)) {
            exchange(publication, subscription, 100);
        }
    }

    /** As a leader sends its log, and a follower takes it. */
    @Test
    void shouldCarryAStreamOfManyDestinations() {
        try (Subscription subscription = other.aeron.addSubscription("aeron:udp?control-mode=manual", STREAM);
                Publication publication = one.aeron.addPublication("aeron:udp?control-mode=manual", STREAM)) {
            for (int port : new int[] {freePort(), freePort()}) {
                subscription.addDestination("aeron:udp?endpoint=127.0.0.1:" + port);
                publication.addDestination("aeron:udp?endpoint=127.0.0.1:" + port);
            }
            exchange(publication, subscription, 100);
        }
        assertEquals(0, other.seal.counters().get(SealCounter.STRANGERS));
    }

    private static int freePort() {
        try (java.net.DatagramSocket socket = new java.net.DatagramSocket()) {
            return socket.getLocalPort();
        } catch (java.net.SocketException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void shouldHearNobodyWithoutTheKey() {
        try (Peer plain = new Peer(dir.resolve("plain"), null);
                Peer elsewhere = peer("elsewhere", "another scope");
                Subscription subscription = other.aeron.addSubscription("aeron:udp?endpoint=127.0.0.1:0", STREAM);
                Publication unsealed =
                        plain.aeron.addPublication("aeron:udp?endpoint=" + endpoint(subscription), STREAM);
                Publication foreign =
                        elsewhere.aeron.addPublication("aeron:udp?endpoint=" + endpoint(subscription), STREAM);
                Publication publication =
                        one.aeron.addPublication("aeron:udp?endpoint=" + endpoint(subscription), STREAM)) {
            await("strangers", () -> other.seal.counters().get(SealCounter.STRANGERS) > 10);
            await("refusal", () -> elsewhere.seal.refusedBy() != null);
            exchange(publication, subscription, 50);
            assertEquals(1, subscription.imageCount());
            assertFalse(unsealed.isConnected() || foreign.isConnected());
        }
    }
}

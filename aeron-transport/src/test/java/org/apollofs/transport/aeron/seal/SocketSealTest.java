package org.apollofs.transport.aeron.seal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Two sockets' seals, with a wire between them that the test holds in its hand. */
final class SocketSealTest {
    private static final byte[] SECRET = "a secret of 32 bytes, as in file".getBytes(StandardCharsets.UTF_8);

    private final AtomicLong clock = new AtomicLong();
    private final Random random = new Random(1);

    /** A socket: what it sent stands in {@code out}, what it took in {@code taken}. */
    private final class Socket {
        private final InetSocketAddress address;
        private final DatagramSeal driver;
        private final SocketSeal seal;
        private final Deque<byte[]> out = new ArrayDeque<>();
        private final List<Byte> taken = new ArrayList<>();

        Socket(int port, String scope) {
            address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            driver = new DatagramSeal(SealKey.of(SECRET, scope), clock::get, random::nextLong);
            seal = new SocketSeal(driver, 1408, (datagram, to) -> out.add(bytes(datagram)));
        }

        /** A frame of Aeron's with a byte behind the header. */
        byte[] send(int content) {
            byte[] datagram = bytes(seal.seal(frame(content), null));
            out.add(datagram);
            return datagram;
        }

        void take(byte[] datagram, InetSocketAddress from) {
            UnsafeBuffer buffer = new UnsafeBuffer(new byte[2048]);
            buffer.putBytes(0, datagram);
            if (seal.admit(buffer, datagram.length)) {
                seal.onAddress(buffer, datagram.length, from);
                if (seal.frameLength() >= 0) {
                    assertEquals(9, seal.frameLength());
                    taken.add(buffer.getByte(8));
                }
            }
        }

        long count(SealCounter counter) {
            return driver.counters().get(counter);
        }
    }

    private final Socket one = new Socket(1, "scope");
    private final Socket other = new Socket(2, "scope");

    private static ByteBuffer frame(int content) {
        return ByteBuffer.wrap(new byte[] {9, 0, 0, 0, 0, 0, 1, 0, (byte) content});
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }

    /** Carries all that is under way. @return how many datagrams. */
    private static int carry(Socket a, Socket b) {
        int count = 0;
        while (!a.out.isEmpty() || !b.out.isEmpty()) {
            boolean isFromA = !a.out.isEmpty();
            byte[] datagram = (isFromA ? a : b).out.poll();
            (isFromA ? b : a).take(datagram, (isFromA ? a : b).address);
            count++;
        }
        return count;
    }

    private void meet() {
        one.send(1);
        carry(one, other);
        other.taken.clear();
    }

    @Test
    void shouldHandOnWhatWasSentBeforeTheSenderHadProvedItself() {
        one.send(7);
        assertEquals(4, carry(one, other), "frame, challenge, proof, frame again");
        assertEquals(List.of((byte) 7), other.taken);
        one.send(8);
        other.send(9);
        carry(one, other);
        assertEquals(List.of((byte) 7, (byte) 8), other.taken);
        assertEquals(List.of((byte) 9), one.taken);
    }

    /** As of a snapshot that is copied: no room is left for a seal. */
    @Test
    void shouldCarryTheLongestFramesInTwoParts() {
        meet();
        byte[] frame = new byte[65_504];
        random.nextBytes(frame);
        frame[6] = 1;
        frame[7] = 0;
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[65_504]);
        for (int round = 0; round < 3; round++) {
            byte[] part = bytes(one.seal.sealPart(ByteBuffer.wrap(frame), false));
            byte[] rest = bytes(one.seal.sealPart(ByteBuffer.wrap(frame), true));
            buffer.putBytes(0, part);
            assertFalse(other.seal.admit(buffer, part.length));
            buffer.putBytes(0, rest);
            assertTrue(other.seal.admit(buffer, rest.length));
            assertEquals(frame.length, other.seal.frameLength());
            assertArrayEquals(frame, buffer.byteArray());
            // A rest without its part, and a part without its rest.
            one.seal.sealPart(ByteBuffer.wrap(frame), false);
            byte[] lone = bytes(one.seal.sealPart(ByteBuffer.wrap(frame), true));
            buffer.putBytes(0, lone);
            assertFalse(other.seal.admit(buffer, lone.length));
        }
    }

    @Test
    void shouldTakeNothingTwice() {
        meet();
        byte[] datagram = one.send(7);
        carry(one, other);
        for (int i = 0; i < 3; i++) {
            other.take(datagram, one.address);
        }
        assertEquals(List.of((byte) 7), other.taken);
        assertEquals(3, other.count(SealCounter.REPLAYED));
    }

    @Test
    void shouldTakeWhatComesOutOfOrder() {
        meet();
        List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            sent.add(one.send(i));
        }
        one.out.clear();
        java.util.Collections.shuffle(sent, random);
        sent.forEach(datagram -> other.take(datagram, one.address));
        sent.forEach(datagram -> other.take(datagram, one.address));
        assertEquals(200, other.taken.size());
        assertEquals(200, other.taken.stream().distinct().count());
        assertEquals(200, other.count(SealCounter.REPLAYED));
    }

    @Test
    void shouldNotTakeWhatWasSentToAnEarlierSocket() {
        meet();
        byte[] recorded = one.send(7);
        carry(one, other);
        Socket next = new Socket(2, "scope");
        next.take(recorded, one.address);
        assertTrue(next.taken.isEmpty());
        assertEquals(1, next.out.size(), "it asks whether the sender lives");
        // The one that was asked is another process by now.
        Socket successor = new Socket(1, "scope");
        carry(next, successor);
        assertTrue(next.taken.isEmpty());
    }

    @Test
    void shouldNotTakeAnOldProof() {
        one.send(7);
        other.take(one.out.poll(), one.address);
        one.take(other.out.poll(), other.address);
        byte[] proof = one.out.poll();
        Socket next = new Socket(2, "scope");
        next.take(proof, one.address);
        byte[] again = one.send(8);
        next.take(again, one.address);
        assertTrue(next.taken.isEmpty());
    }

    @Test
    void shouldRefuseWhoHasAnotherKeyAndCountHim() {
        Socket stranger = new Socket(3, "another scope");
        stranger.send(7);
        carry(stranger, other);
        assertTrue(other.taken.isEmpty());
        assertEquals(1, other.count(SealCounter.STRANGERS));
        assertEquals(1, other.count(SealCounter.REFUSALS_SENT));
        assertEquals(1, stranger.count(SealCounter.REFUSED));
        assertEquals(other.address, stranger.driver.refusedBy());
    }

    @Test
    void shouldNotLetStrangersDrawMoreThanTheySend() {
        int sent = 0;
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = new byte[random.nextInt(100)];
            random.nextBytes(bytes);
            sent += bytes.length;
            other.take(bytes, one.address);
        }
        int answered = other.out.stream().mapToInt(datagram -> datagram.length).sum();
        assertTrue(answered <= sent && other.out.size() <= 10, "answers=" + other.out.size());
        clock.addAndGet(TimeUnit.SECONDS.toNanos(2));
        other.take(new byte[64], one.address);
        assertEquals(11, other.out.size());
    }

    @Test
    void shouldNotTakeADatagramWithAnyBitChanged() {
        meet();
        byte[] datagram = one.send(7);
        for (int bit = 0; bit < datagram.length * Byte.SIZE; bit++) {
            byte[] changed = datagram.clone();
            changed[bit / Byte.SIZE] ^= (byte) (1 << (bit % Byte.SIZE));
            other.take(changed, one.address);
        }
        assertTrue(other.taken.isEmpty());
        assertEquals(datagram.length * (long) Byte.SIZE, other.count(SealCounter.STRANGERS));
        other.take(datagram, one.address);
        assertEquals(List.of((byte) 7), other.taken);
    }

    @Test
    void shouldForgetTheSenderThatWasSilentForLongest() {
        Senders senders = new Senders(3);
        for (long id = 1; id <= 3; id++) {
            assertFalse(senders.add(id, 1));
        }
        assertTrue(senders.accept(1, 2));
        assertTrue(senders.add(4, 1));
        assertFalse(senders.isKnown(2));
        assertTrue(senders.isKnown(1));
        assertFalse(senders.accept(1, 2));
        assertTrue(senders.accept(1, 5_000));
        assertFalse(senders.accept(1, 5_000 - 1024));
        assertTrue(senders.accept(1, 5_000 - 1023));
    }
}

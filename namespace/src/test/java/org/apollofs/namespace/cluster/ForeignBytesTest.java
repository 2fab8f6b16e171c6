package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bytes from elsewhere before each decoder of this package: none throws, none reads beyond, none allocates by a length within. */
@Timeout(60)
final class ForeignBytesTest {
    private static final int ROUNDS = Integer.getInteger("apollo.rounds", 20_000);

    private final long seed = Long.getLong("apollo.seed", 20261129);
    private final Random random = new Random(seed);

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void shouldTakeNoPeersMessageThatIsNotGenuine() {
        System.out.println("seed=" + seed);
        PeerSeal seal = TestSite.KEY.newSeal();
        ByteBuffer message = PeerMessage.allocate();
        ByteBuffer words = RollCallMessage.allocate();
        Strangers strangers = new Strangers(() -> 0);
        for (int round = 0; round < ROUNDS; round++) {
            seal.sign(PeerMessage.put(message, 1 + random.nextInt(9), random.nextLong(), 1, 2, 3, random.nextLong()));
            assertTrue(PeerMessage.isMessage(message, seal));
            int at = random.nextInt(message.limit());
            message.put(at, (byte) (message.get(at) ^ 1 << random.nextInt(8)));
            message.limit(random.nextInt(4) == 0 ? random.nextInt(message.limit() + 1) : message.limit());
            assertFalse(PeerMessage.isMessage(message, seal));
            assertFalse(RollCallMessage.isMessage(message, seal));
            if (strangers.onStranger(message, null)) {
                assertTrue(message.remaining() == PeerMessage.LENGTH);
            }
            seal.sign(RollCallMessage.put(words, 1, true, random.nextLong(), random.nextLong()));
            assertTrue(RollCallMessage.isMessage(words, seal));
            at = random.nextInt(words.limit());
            words.put(at, (byte) (words.get(at) ^ 1 << random.nextInt(8)));
            assertFalse(RollCallMessage.isMessage(words, seal));
        }
        assertTrue(strangers.count() == ROUNDS);
    }

    /** Of a client that has the secret, and is broken. */
    @Test
    void shouldReadNoFrameBeyondItsMessage() {
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = bytes(random.nextInt(300));
            UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            if (bytes.length >= 8 && random.nextBoolean()) {
                buffer.putInt(0, random.nextInt(bytes.length + 20));
            }
            if (ReadProtocol.isKnown(buffer, 0, bytes.length)) {
                ReadProtocol.channel(buffer, 0, bytes.length);
            }
            Frames.forEach(
                    buffer,
                    0,
                    bytes.length,
                    null,
                    (frame, offset, length, isWhole) ->
                            assertTrue(offset >= 0 && length >= 0 && offset + length <= bytes.length));
        }
    }

    @Test
    void shouldReadNoChannelThatIsLongerThanItsHello() {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[2048]);
        int length = ReadProtocol.putHello(buffer, 1, 2, "aeron:udp?endpoint=localhost:1");
        assertTrue(ReadProtocol.channel(buffer, 0, length).startsWith("aeron:udp"));
        for (int lie : new int[] {-1, Integer.MIN_VALUE, 0x71000000, Integer.MAX_VALUE, 1025, length}) {
            buffer.putInt(ReadProtocol.HEADER_LENGTH + Integer.BYTES, lie);
            assertTrue(ReadProtocol.channel(buffer, 0, length) == null, "length=" + lie);
        }
    }
}

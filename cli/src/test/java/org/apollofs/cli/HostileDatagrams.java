package org.apollofs.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Datagrams that mean harm: well-formed ones of Aeron's with lengths that lie, and genuine ones, changed. */
final class HostileDatagrams {
    private static final int MAX_LENGTH = 60_000;
    private static final int SETUP = 5;
    private static final int DATA = 1;
    private static final int SESSION = 4711;
    private static final int TERM_LENGTH = 64 << 10;
    private static final int MTU = 1408;
    /** Streams that members listen to: ingress, log, consensus, archive control, questions. */
    private static final int[] STREAMS = {101, 100, 108, 10, 110};

    private final List<byte[]> genuine;
    private final Random random;

    HostileDatagrams(List<byte[]> genuine, Random random) {
        this.genuine = List.copyOf(genuine);
        this.random = random;
    }

    /**
     * For each stream a setup, and a first frame that asks for a session, with a text of 0x71000000 bytes by its own word: of
     * cluster and archive each. The two end both threads where nobody asks who sends.
     */
    static List<byte[]> wellFormed() {
        List<byte[]> all = new ArrayList<>();
        for (int stream : STREAMS) {
            all.add(setup(stream));
            // schema 111, template 3: SessionConnectRequest of the cluster; 101, 2: ConnectRequest of the archive;
            // 111, 77: BackupQuery.
            all.add(data(stream, 111, 16, 3, 16));
            all.add(data(stream, 101, 13, 2, 16));
            all.add(data(stream, 111, 16, 77, 24));
        }
        return all;
    }

    private static byte[] setup(int stream) {
        ByteBuffer frame = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(40).put((byte) 0).put((byte) 0).putShort((short) SETUP);
        frame.putInt(0).putInt(SESSION + stream).putInt(stream).putInt(0).putInt(0);
        frame.putInt(TERM_LENGTH).putInt(MTU).putInt(0);
        return frame.array();
    }

    private static byte[] data(int stream, int schema, int version, int template, int blockLength) {
        byte[] text = "aeron:udp?endpoint=127.0.0.1:1".getBytes(StandardCharsets.US_ASCII);
        int length = 32 + 8 + blockLength + 4 + text.length;
        ByteBuffer frame = ByteBuffer.allocate((length + 31) / 32 * 32).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(length).put((byte) 0).put((byte) 0xC0).putShort((short) DATA);
        frame.putInt(0).putInt(SESSION + stream).putInt(stream).putInt(0).putLong(0);
        frame.putShort((short) blockLength)
                .putShort((short) template)
                .putShort((short) schema)
                .putShort((short) version);
        frame.position(32 + 8 + blockLength);
        frame.putInt(0x71000000).put(text);
        return frame.array();
    }

    /** A genuine datagram, with something wrong, or played again as it was. */
    byte[] mutated() {
        byte[] base = genuine.get(random.nextInt(genuine.size())).clone();
        return switch (random.nextInt(6)) {
            case 0 -> base;
            case 1 -> {
                for (int i = 1 + random.nextInt(8); i > 0; i--) {
                    base[random.nextInt(base.length)] ^= (byte) (1 << random.nextInt(8));
                }
                yield base;
            }
            case 2 -> Arrays.copyOf(base, random.nextInt(base.length + 1));
            case 3 -> Arrays.copyOf(base, base.length + random.nextInt(2_000));
            case 4 -> {
                int at = random.nextInt(Math.max(1, base.length - 4));
                int[] lies = {-1, 0, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x71000000, base.length, 1};
                ByteBuffer.wrap(base)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(Math.min(at, Math.max(0, base.length - 4)), lies[random.nextInt(lies.length)]);
                yield base;
            }
            default -> {
                byte[] other = genuine.get(random.nextInt(genuine.size()));
                int cut = random.nextInt(Math.min(base.length, other.length) + 1);
                System.arraycopy(other, 0, base, 0, cut);
                yield base;
            }
        };
    }

    /** Anything, often with a header of Aeron's. */
    byte[] random() {
        byte[] bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(MAX_LENGTH) : random.nextInt(1_500)];
        random.nextBytes(bytes);
        if (bytes.length >= 8 && random.nextBoolean()) {
            ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            header.putInt(0, random.nextBoolean() ? bytes.length : random.nextInt());
            header.put(4, (byte) 0);
            header.putShort(6, (short) random.nextInt(12));
        }
        return bytes;
    }
}

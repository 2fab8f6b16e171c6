package org.apollofs.namespace.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.command.CommandHead;
import org.apollofs.namespace.command.sbe.MessageHeaderDecoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands and questions of a client that has the secret and is broken: each is answered, none ends the apply thread, none has it
 * allocate what its own lengths say, and replicas still agree.
 */
@Timeout(120)
final class ForeignCommandsTest {
    private static final int ROUNDS = Integer.getInteger("apollo.rounds", 20_000);
    private static final long MAP_LENGTH = 64 << 20;
    /** More than any command needs, ordered or not: they are at most as long as an answer. */
    private static final long MOST_ALLOCATED = 16 << 20;
    /** Templates beyond those that the schema has, too. */
    private static final int TEMPLATES = 80;

    private static final int[] LIES = {-1, 0, 1, 0x71000000, Integer.MAX_VALUE, Integer.MIN_VALUE, 0xFFFF, 1 << 30};

    @TempDir
    private Path directory;

    private final long seed = Long.getLong("apollo.seed", 20261129);
    private final Random random = new Random(seed);
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final List<byte[]> genuine = new ArrayList<>();
    private long nextId = 1_000_000;

    @Test
    void shouldAnswerWhateverComes() {
        System.out.println("seed=" + seed);
        try (NamespaceState state = new NamespaceState(directory.resolve("first"), MAP_LENGTH);
                NamespaceState second = new NamespaceState(directory.resolve("second"), MAP_LENGTH)) {
            CommandLog log = new CommandLog(state);
            new RandomCommands(log, random).run(1_000);
            log.entries().stream()
                    .map(CommandLog.Entry::command)
                    .filter(command -> command != null && command.length >= CommandHead.COMMAND_LENGTH)
                    .forEach(genuine::add);
            long session = 0;
            for (int round = 0; round < ROUNDS; round++) {
                // One of those commands may have ended it.
                session = round % 50 == 0 ? log.openSession() : session;
                byte[] command = next(session);
                long before = threads.getCurrentThreadAllocatedBytes();
                try {
                    log.apply(command);
                } catch (RuntimeException | Error e) {
                    throw new AssertionError("round=" + round + ", command=" + hex(command), e);
                }
                long allocated = threads.getCurrentThreadAllocatedBytes() - before;
                assertTrue(allocated < MOST_ALLOCATED, () -> "bytes=" + allocated + ", command=" + hex(command));
            }
            long last = log.openSession();
            UnsafeBuffer put = log.apply(
                    last, 1, 0, (e, to) -> e.put(to, "k".getBytes(UTF_8), new byte[] {1}, KeyValue.ANY_VERSION));
            log.results().done(put);
            log.replay(second, random);
            assertEquals(state.digest(), second.digest());
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** Mostly of a session that is open, as a command that is new, so that it is decoded. */
    private byte[] next(long session) {
        byte[] command = damaged();
        if (command.length >= CommandHead.COMMAND_LENGTH && random.nextInt(16) != 0) {
            CommandHead.stamp(new UnsafeBuffer(command), 0, session, nextId++, nextId - 8);
        }
        return command;
    }

    private byte[] damaged() {
        byte[] bytes = genuine.get(random.nextInt(genuine.size())).clone();
        switch (random.nextInt(6)) {
            case 0 -> {
                for (int i = 1 + random.nextInt(6); i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 2, 3 -> lie(bytes);
            case 4 -> {
                byte[] other = genuine.get(random.nextInt(genuine.size()));
                System.arraycopy(other, 0, bytes, 0, random.nextInt(Math.min(bytes.length, other.length) + 1));
            }
            default -> bytes = ofATemplate();
        }
        return bytes;
    }

    /** A number somewhere behind the head is another: a length, a count, an identity. */
    private void lie(byte[] bytes) {
        int room = bytes.length - CommandHead.COMMAND_LENGTH - Integer.BYTES;
        if (room >= 0) {
            int at = CommandHead.COMMAND_LENGTH + random.nextInt(room + 1);
            new UnsafeBuffer(bytes).putInt(at, LIES[random.nextInt(LIES.length)], ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** A head that is right, of any template, and chance or small numbers behind it. */
    private byte[] ofATemplate() {
        byte[] bytes = new byte[CommandHead.COMMAND_LENGTH + random.nextInt(300)];
        random.nextBytes(bytes);
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        if (random.nextBoolean()) {
            for (int at = CommandHead.COMMAND_LENGTH; at + Integer.BYTES <= bytes.length; at += Integer.BYTES) {
                int value = random.nextInt(12) == 0 ? LIES[random.nextInt(LIES.length)] : random.nextInt(20);
                buffer.putInt(at, value, ByteOrder.LITTLE_ENDIAN);
            }
        }
        byte[] head = genuine.getFirst();
        buffer.putBytes(0, head, 0, MessageHeaderDecoder.ENCODED_LENGTH);
        int block = random.nextInt(8) == 0 ? random.nextInt() : 24 + random.nextInt(60);
        buffer.putShort(0, (short) block, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(2, (short) random.nextInt(TEMPLATES), ByteOrder.LITTLE_ENDIAN);
        return bytes;
    }
}

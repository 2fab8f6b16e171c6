package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.profile.HardwareProfile;
import org.apollofs.profile.ProfileLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The media driver, or its client, ends under load: both are started again, and nobody is told. */
@Timeout(300)
final class DriverRestartTest {
    private static final long TARGET_BYTES = 192L << 20;
    private static final int PIECE = 256 << 10;
    /** Pieces before each end, and after the last. */
    private static final int PIECES = 24;

    private static final long SEED = 20261129;

    @TempDir
    private Path temporary;

    private Path mountPoint;

    @BeforeEach
    void prepare() throws IOException {
        mountPoint = Files.createDirectory(temporary.resolve("mnt"));
    }

    /** Writes and syncs, piece by piece, until it is told to stop. */
    private final class Writer implements AutoCloseable {
        private final AtomicLong pieces = new AtomicLong();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final Thread thread = new Thread(this::run, "writer");
        private volatile boolean isStopping;

        Writer() {
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try (FileChannel file = FileChannel.open(
                    mountPoint.resolve("file"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                Random random = new Random(SEED);
                byte[] piece = new byte[PIECE];
                while (!isStopping) {
                    random.nextBytes(piece);
                    ByteBuffer bytes = ByteBuffer.wrap(piece);
                    while (bytes.hasRemaining()) {
                        file.write(bytes);
                    }
                    file.force(false);
                    Files.writeString(
                            mountPoint.resolve("count"),
                            Long.toString(pieces.incrementAndGet()),
                            StandardCharsets.UTF_8);
                }
            } catch (IOException | RuntimeException | Error e) {
                failure.set(e);
            }
        }

        void awaitMore() {
            long wanted = pieces.get() + PIECES;
            while (pieces.get() < wanted && failure.get() == null) {
                Thread.onSpinWait();
            }
            assertNull(failure.get(), () -> "a program was told: " + failure.get());
        }

        @Override
        public void close() {
            isStopping = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void shouldWriteOnWhenADriverEnds() throws Exception {
        check(SiteDriver::endDriver);
    }

    @Test
    void shouldWriteOnWhenItsClientEnds() throws Exception {
        check(SiteDriver::endClient);
    }

    private void check(Consumer<SiteDriver> end) throws Exception {
        assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "no /dev/fuse to mount with: run as root");
        HardwareProfile profile = ProfileLoader.load("embedded").withTargetSize(TARGET_BYTES);
        SiteFolder folder = SiteFolder.of(temporary.resolve("site"));
        long pieces;
        try (Node node = start(folder, profile)) {
            String first = node.driver().directory();
            Writer writer = new Writer();
            try (writer) {
                for (int i = 0; i < 2; i++) {
                    writer.awaitMore();
                    end.accept(node.driver());
                }
                writer.awaitMore();
            }
            pieces = writer.pieces.get();
            assertNull(writer.failure.get());
            assertEquals(first + "-3", node.driver().directory());
            node.checkHealthy();
            read(pieces);
        }
        try (Node node = start(folder, profile)) {
            read(pieces);
            node.checkHealthy();
        }
    }

    private Node start(SiteFolder folder, HardwareProfile profile) {
        return Node.start(
                new NodeOptions(folder, mountPoint, profile),
                StopSignal.detached(),
                new PrintWriter(new StringWriter()));
    }

    private void read(long pieces) throws IOException {
        byte[] expected = new byte[(int) pieces * PIECE];
        Random random = new Random(SEED);
        byte[] piece = new byte[PIECE];
        for (int i = 0; i < pieces; i++) {
            random.nextBytes(piece);
            System.arraycopy(piece, 0, expected, i * PIECE, PIECE);
        }
        assertArrayEquals(expected, Files.readAllBytes(mountPoint.resolve("file")));
        assertEquals(Long.toString(pieces), Files.readString(mountPoint.resolve("count")));
    }

    /** A member that is a process of its own. */
    @Test
    void shouldServeOnWhenTheDriverOfAMemberEnds() throws Exception {
        Path file = MemberVictims.writeProfile(temporary, 1);
        SiteSecret.make(temporary.resolve("secret"));
        HardwareProfile profile = ProfileLoader.load(file.toString());
        try (MemberNode node = MemberNode.start(
                        profile, 0, temporary, null, StopSignal.detached(), new PrintWriter(new StringWriter()));
                NamespaceConnection connection = NamespaceConnection.ofMembers(profile)) {
            KeyValue keys = connection.keyValue();
            long version = keys.put("k", new byte[1], KeyValue.ABSENT);
            for (int i = 2; i < 4; i++) {
                node.endDriver();
                // On the version of the one before: it is applied once, however often it was sent.
                version = keys.put("k", new byte[i], version);
                assertEquals(i, keys.get("k").orElseThrow().value().length);
            }
            node.checkHealthy();
        }
    }
}

package org.apollofs.namespace.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.KeyValue;
import org.apollofs.namespace.client.Namespace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a power cut may leave at the end of the log: pages that are zeros, and data behind them. */
@Timeout(100)
class LogTailTest {
    private static final int PAGE = 4096;
    private static final int KEYS = 40;

    @TempDir
    Path directory;

    /** A member that was killed, and whose process says no more. */
    private void writeAndKill() throws Exception {
        Process process = JavaProcess.start(MemberProcess.class, directory.toString(), "1");
        try (java.io.BufferedReader reader = process.inputReader(UTF_8)) {
            while (!reader.readLine().equals("0 " + KEYS)) {
                // Until enough is acknowledged.
            }
            process.toHandle().destroyForcibly();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private Path log() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("archive"))) {
            List<Path> logs = files.filter(file -> file.getFileName().toString().startsWith("0-"))
                    .sorted()
                    .toList();
            return logs.getLast();
        }
    }

    /** End of the frames of a segment. */
    private static int end(ByteBuffer segment) {
        int at = 0;
        while (at < segment.capacity() && Integer.reverseBytes(segment.getInt(at)) > 0) {
            at += (Integer.reverseBytes(segment.getInt(at)) + 31) & ~31;
        }
        return at;
    }

    private static void write(Path file, int offset, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertEquals(bytes.length, channel.write(ByteBuffer.wrap(bytes), offset));
        }
    }

    private long count() {
        try (TestSite site = new TestSite(directory);
                Namespace namespace = site.connect()) {
            assertEquals(1, site.member().counters().logTailsCut.sum());
            namespace.keyValue().put("after", new byte[1], KeyValue.ANY_VERSION);
            byte[] value =
                    namespace.keyValue().get(MemberProcess.key(0)).orElseThrow().value();
            return Long.parseLong(new String(value, UTF_8));
        }
    }

    @Test
    void shouldCutAFrameThatIsTorn() throws Exception {
        writeAndKill();
        Path log = log();
        int end = end(ByteBuffer.wrap(Files.readAllBytes(log)));
        // The last page as it would be if it had not been written, within the frames: those before it stay.
        int page = (end - 1) / PAGE * PAGE;
        write(log, page, new byte[PAGE]);
        write(log, page + PAGE, new byte[] {1, 2, 3});
        long left = count();
        assertTrue(left > 0 && left <= KEYS + 20, "left=" + left);
        try (TestSite site = new TestSite(directory);
                Namespace namespace = site.connect()) {
            assertEquals(0, site.member().counters().logTailsCut.sum());
            assertTrue(namespace.keyValue().get("after").isPresent());
        }
    }

    @Test
    void shouldNotTakeWhatLiesBehindTheEndForTheLog() throws Exception {
        writeAndKill();
        Path log = log();
        byte[] segment = Files.readAllBytes(log);
        int end = end(ByteBuffer.wrap(segment));
        byte[] noise = new byte[PAGE];
        new Random(1).nextBytes(noise);
        write(log, end, noise);
        assertTrue(count() >= KEYS);
        byte[] after = Files.readAllBytes(log);
        int newEnd = end(ByteBuffer.wrap(after));
        for (int i = newEnd; i < after.length; i++) {
            assertEquals(0, after[i], "offset=" + i);
        }
    }

    @Test
    void shouldRefuseAFolderOfAnotherFormat() throws Exception {
        new TestSite(directory).close();
        Files.writeString(directory.resolve("format"), "apollo namespace member, format 99\n");
        IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> new TestSite(directory));
        assertTrue(thrown.getMessage().contains("format 99"), thrown.getMessage());
        // The one before is taken, and is the present one from then on.
        Files.writeString(directory.resolve("format"), "apollo namespace member, format 2\n");
        new TestSite(directory).close();
        assertEquals("apollo namespace member, format 5\n", Files.readString(directory.resolve("format")));
        Files.delete(directory.resolve("format"));
        assertThrows(IllegalStateException.class, () -> new TestSite(directory));
    }

    /** Frames of 300 bytes, then one that begins just before a buffer of 1 KiB ends: the archive must not be given that buffer. */
    @Test
    void shouldFindWhereTheArchiveWouldLoseTheLastFrame() {
        UnsafeBuffer frames = new UnsafeBuffer(new byte[8192]);
        for (int i = 0; i < 4; i++) {
            assertTrue(LogTail.isFoundWithin(frames, 0, 1024), "frames=" + i);
            frames.putInt(i * 320, 300, ByteOrder.LITTLE_ENDIAN);
        }
        // Four frames end at 1280, beyond the buffer of 1024; the next begins at 960 of 2048.
        assertFalse(LogTail.isFoundWithin(frames, 0, 1024));
        assertTrue(LogTail.isFoundWithin(frames, 0, 2048));
        frames.putInt(1280, 300, ByteOrder.LITTLE_ENDIAN);
        assertTrue(LogTail.isFoundWithin(frames, 0, 1024));
        // Also where the last frame ends with the buffer.
        UnsafeBuffer even = new UnsafeBuffer(new byte[4096]);
        even.putInt(0, 1024, ByteOrder.LITTLE_ENDIAN);
        assertFalse(LogTail.isFoundWithin(even, 0, 1024));
        assertTrue(LogTail.isFoundWithin(even, 0, 2048));
    }
}

package org.apollofs.perf.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CheckpointRoundTripTest {
    private static final Duration DEADLINE = Duration.ofSeconds(50);

    @TempDir
    Path directory;

    private final CheckpointLayout layout = CheckpointLayout.llama3x8b().scaledTo(24 << 20);
    private final ContentSource content = new ContentSource(layout, 7);
    private final LongAdder written = new LongAdder();
    private ExpectedDigests expected;

    @BeforeEach
    void hash() throws IOException {
        expected = ExpectedDigests.of(layout, content, DEADLINE);
    }

    @Test
    void shouldReadBackWhatItWrote() throws IOException {
        WriteOutcome write = new CheckpointWriter(layout, content, directory, written).write(DEADLINE);
        LongAdder read = new LongAdder();
        ReadOutcome outcome = new CheckpointReader(layout, expected, directory, read).read(DEADLINE);

        assertEquals(List.of(), outcome.failures());
        assertEquals(16, outcome.count(FileVerdict.Kind.MATCHED));
        assertEquals(layout.fileBytes(), write.bytes());
        assertEquals(layout.fileBytes(), written.sum());
        assertEquals(layout.fileBytes(), read.sum());
        assertEquals(layout.fileBytes(), outcome.bytes());
        assertTrue(write.allRankNs() >= write.rank0Ns());
        for (CheckpointFile file : layout.files()) {
            assertEquals(file.plan().length(), Files.size(directory.resolve(file.name())));
        }
    }

    @Test
    void shouldSeeOneChangedByte() throws IOException {
        new CheckpointWriter(layout, content, directory, written).write(DEADLINE);
        Path victim = directory.resolve(layout.files().get(3).name());
        byte[] bytes = Files.readAllBytes(victim);
        bytes[bytes.length / 2] ^= 1;
        Files.write(victim, bytes);

        ReadOutcome outcome = new CheckpointReader(layout, expected, directory, new LongAdder()).read(DEADLINE);

        assertFalse(outcome.allMatched());
        assertEquals(1, outcome.count(FileVerdict.Kind.MISMATCHED));
        assertEquals(layout.files().get(3).name(), outcome.failures().getFirst().name());
    }

    @Test
    void shouldTellMissingShortAndLongFilesApart() throws IOException {
        new CheckpointWriter(layout, content, directory, written).write(DEADLINE);
        Files.delete(directory.resolve(layout.files().get(0).name()));
        try (FileChannel channel =
                FileChannel.open(directory.resolve(layout.files().get(1).name()), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
        }
        Files.write(directory.resolve(layout.files().get(2).name()), new byte[1], StandardOpenOption.APPEND);

        ReadOutcome outcome = new CheckpointReader(layout, expected, directory, new LongAdder()).read(DEADLINE);

        assertEquals(FileVerdict.Kind.OTHER_ERROR, outcome.verdicts().get(0).kind());
        assertEquals(FileVerdict.Kind.MISMATCHED, outcome.verdicts().get(1).kind());
        assertEquals(FileVerdict.Kind.MISMATCHED, outcome.verdicts().get(2).kind());
        assertEquals(13, outcome.count(FileVerdict.Kind.MATCHED));
    }

    @Test
    void shouldNameTheRankThatCannotWrite() throws IOException {
        Files.createDirectory(directory.resolve(layout.files().get(5).name()));

        IOException e = assertThrows(
                IOException.class, () -> new CheckpointWriter(layout, content, directory, written).write(DEADLINE));

        assertTrue(e.getMessage().startsWith("rank 2 failed at open"), e.getMessage());
    }

    @Test
    void shouldSayWhoHangs() {
        IOException e = assertThrows(
                DeadlineExceededException.class,
                () -> RankGroup.run("test", 2, Duration.ofMillis(200), rank -> {
                    rank.activity("waiting for nothing");
                    if (rank.index() == 1) {
                        new Semaphore(0).acquireUninterruptibly();
                    }
                }));

        assertTrue(e.getMessage().contains("rank 1 at waiting for nothing"), e.getMessage());
        assertFalse(e.getMessage().contains("rank 0"), e.getMessage());
    }

    @Test
    void shouldDifferByFileAndSeed() {
        assertFalse(Arrays.equals(expected.of(0), expected.of(2)), "same shape, other file");
        byte[] other = new ContentSource(layout, 8).sha256(layout, 0);
        assertFalse(Arrays.equals(expected.of(0), other), "other seed");
    }

    @Test
    void shouldKnowEio() {
        IOException eio = assertThrows(IOException.class, () -> {
            try (FileChannel memory = FileChannel.open(Path.of("/proc/self/mem"), StandardOpenOption.READ)) {
                memory.read(ByteBuffer.allocateDirect(1), 0);
            }
        });
        assertTrue(EioText.isEio(eio));
        assertFalse(EioText.isEio(new IOException("No such file or directory")));
    }
}

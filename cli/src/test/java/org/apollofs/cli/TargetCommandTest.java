package org.apollofs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.chunk.ChunkStatus;
import org.apollofs.io.chunk.ChunkStore;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.ChunkStoreHandler;
import org.apollofs.io.chunk.StoreFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class TargetCommandTest {
    private static final String SITE = "11111111-2222-3333-4444-555555555555";
    private static final int CHUNK = 64 << 10;
    private static final int CHUNKS = 40;
    private static final long DATA_OFFSET = 1 << 20;

    @TempDir
    private Path folder;

    private Path target;

    @BeforeEach
    void format() throws IOException {
        target = folder.resolve("7");
        CliRun run = CliRun.of(
                "target",
                "format",
                target.toString(),
                "--id",
                "7",
                "--site",
                SITE,
                "--size",
                "8MiB",
                "--chunk",
                "64KiB",
                "--journal",
                "256KiB",
                "--json");
        assertEquals(0, run.exitCode(), run.err());
        JsonNode result = new ObjectMapper().readTree(run.out());
        assertEquals(SITE, result.path("siteId").asText());
        assertEquals(7, result.path("targetId").asInt());
        assertEquals(CHUNK, result.path("chunkLength").asInt());
        fill();
    }

    /** Chunks of one byte to a whole chunk, in the order of their offsets. */
    private void fill() throws IOException {
        try (SlabPool pool = SlabPool.allocate(1, CHUNK)) {
            Answers answers = new Answers();
            try (ChunkStore store = open(pool, answers)) {
                for (int i = 0; i < CHUNKS; i++) {
                    Slab slab = pool.tryAcquire();
                    int length = 1 + i * (CHUNK - 1) / (CHUNKS - 1);
                    slab.buffer().setMemory(0, length, (byte) (i + 1));
                    UnsafeBuffer checksums = new UnsafeBuffer(new byte[Integer.BYTES]);
                    new Crc32c().checksumBlocks(slab.buffer(), 0, length, CHUNK, checksums, 0);
                    assertTrue(store.offerWrite(0, i, 1, i, 0, slab, length, checksums, null));
                    while (answers.count == i) {
                        store.doWork();
                    }
                }
            }
        }
    }

    private ChunkStore open(SlabPool pool, ChunkStoreHandler handler) throws IOException {
        return ChunkStore.open(new ChunkStoreContext()
                .directory(target)
                .siteId(UUID.fromString(SITE))
                .targetId(7)
                .handler(handler)
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool));
    }

    private void change(String file, long offset, int value) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(target.resolve(file).toFile(), "rw")) {
            access.seek(offset < 0 ? access.length() + offset : offset);
            access.write(value);
        }
    }

    private static void assertOneLine(CliRun run, ExitCode expected, String... words) {
        assertEquals(expected.code(), run.exitCode(), run.out() + run.err());
        String last = run.err().strip().lines().reduce("", (first, second) -> second);
        assertTrue(last.startsWith("apollo: "), run.err());
        for (String word : words) {
            assertTrue(last.contains(word), last);
        }
    }

    @Test
    void shouldShowWhatATargetIs() throws IOException {
        CliRun run = CliRun.of("target", "inspect", target.toString(), "--json");
        assertEquals(0, run.exitCode(), run.err());
        JsonNode result = new ObjectMapper().readTree(run.out());
        assertEquals(SITE, result.path("siteId").asText());
        assertEquals("whole", result.path("firstSuperblock").asText());
        assertEquals(
                "whole, generation 1, from record 1",
                result.path("files").path("journal-1").path("state").asText());
        assertEquals(
                1, result.path("files").path("snapshot-1").path("generation").asInt());
    }

    @Test
    void shouldSayThatOneSuperblockIsDamaged() throws IOException {
        change(StoreFormat.DATA_FILE, 100, 1);
        CliRun run = CliRun.of("target", "inspect", target.toString());
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("damaged (the next open repairs it"), run.out());
    }

    @Test
    void shouldFindAllChunksRight() throws IOException {
        CliRun run = CliRun.of("target", "check", target.toString(), "--json", "--rate", "64MiB");
        assertEquals(0, run.exitCode(), run.err());
        JsonNode result = new ObjectMapper().readTree(run.out());
        assertEquals(CHUNKS, result.path("chunks").asInt());
        assertEquals(0, result.path("damagedChunks").asInt());
        assertTrue(run.err().contains("40 chunks read"), run.err());
    }

    @Test
    void shouldFindTheChunkThatIsNot() throws IOException {
        change(StoreFormat.DATA_FILE, DATA_OFFSET + 5L * CHUNK + 3, 99);
        CliRun run = CliRun.of("target", "check", target.toString(), "--json");
        assertOneLine(run, ExitCode.VERIFY, "target=7", "damaged=1", "not readable=0");
        JsonNode findings = new ObjectMapper().readTree(run.out()).path("findings");
        assertEquals(1, findings.size());
        assertTrue(findings.get(0).asText().startsWith("chunk damaged: stripe=5, index=0"), findings.toString());
    }

    @Test
    void shouldRefuseWhatItMustNotTouch() throws IOException {
        String other = "99999999-2222-3333-4444-555555555555";
        assertOneLine(CliRun.of("target", "check", target.toString(), "--site", other), ExitCode.TARGET, SITE, other);
        assertOneLine(CliRun.of("target", "inspect", folder.resolve("none").toString()), ExitCode.TARGET, "ENOENT");
        assertOneLine(
                CliRun.of("target", "format", target.toString(), "--id", "7", "--size", "8MiB"),
                ExitCode.TARGET,
                "exists");
        assertOneLine(
                CliRun.of("target", "format", folder.resolve("8").toString(), "--id", "8", "--size", "1MiB"),
                ExitCode.TARGET,
                "too small");
        assertFalse(Files.exists(folder.resolve("8")));
        try (SlabPool pool = SlabPool.allocate(1, CHUNK);
                ChunkStore store = open(pool, new Answers())) {
            assertEquals(CHUNKS, store.chunkCount());
            assertOneLine(CliRun.of("target", "check", target.toString()), ExitCode.TARGET, "in use");
            assertEquals(0, CliRun.of("target", "inspect", target.toString()).exitCode(), "reading is allowed");
        }
        change(StoreFormat.DATA_FILE, 100, 1);
        change(StoreFormat.DATA_FILE, -100, 1);
        assertOneLine(CliRun.of("target", "inspect", target.toString()), ExitCode.TARGET, "superblocks are damaged");
        assertOneLine(CliRun.of("target", "check", target.toString()), ExitCode.TARGET, "superblocks are damaged");
    }

    @Test
    void shouldRefuseWrongOptions() {
        assertOneLine(CliRun.of("target", "check", target.toString(), "--rate", "fast"), ExitCode.USAGE, "--rate");
        assertOneLine(CliRun.of("target", "format", "x", "--id", "-1", "--size", "8MiB"), ExitCode.USAGE, "--id");
        assertOneLine(CliRun.of("target", "format", "x", "--id", "1"), ExitCode.USAGE, "--size");
    }

    /** Counts what was written. */
    private static final class Answers implements ChunkStoreHandler {
        private int count;

        @Override
        public void onWritten(long owner, long correlationId, Slab payload) {
            payload.release();
            count++;
        }

        @Override
        public void onDeleted(long owner, long correlationId) {
            throw new IllegalStateException("nothing was deleted");
        }

        @Override
        public void onRead(
                long owner,
                long correlationId,
                Slab slab,
                int blockOffset,
                int length,
                DirectBuffer checksums,
                int chunkLength,
                DirectBuffer stripeLengths) {
            throw new IllegalStateException("nothing was read");
        }

        @Override
        public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload) {
            throw new IllegalStateException(message);
        }

        @Override
        public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
            throw new IllegalStateException(message);
        }
    }
}

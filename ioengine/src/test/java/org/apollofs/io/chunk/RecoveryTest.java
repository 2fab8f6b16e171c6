package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.chunk.TargetRefusedException.Reason;
import org.apollofs.io.device.DataFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What open makes of real files that were cut, torn, damaged or mixed up. */
@Timeout(60)
class RecoveryTest {
    private static final UUID SITE = new UUID(1, 2);
    private static final int CHUNK = 64 << 10;
    private static final int RECORD = 96;

    @TempDir
    Path folder;

    private SlabPool pool;
    private StoreClient client;
    private Path target;

    @BeforeEach
    void format() throws IOException {
        pool = SlabPool.allocate(8, CHUNK);
        client = new StoreClient(pool);
        target = folder.resolve("0");
        format(target, 42);
    }

    private static void format(Path path, long formatId) throws IOException {
        new StoreFormat(path, SITE, 3)
                .deviceLength(Superblock.deviceLengthFor(64, CHUNK))
                .chunkLength(CHUNK)
                .journalLength(256 << 10)
                .mode(DataFile.Mode.ALLOCATED)
                .formatId(formatId)
                .format();
    }

    @AfterEach
    void close() {
        assertEquals(pool.slabCount(), pool.available());
        pool.close();
    }

    private ChunkStore open() throws IOException {
        ChunkStore store = ChunkStore.open(new ChunkStoreContext()
                .directory(target)
                .siteId(SITE)
                .targetId(3)
                .handler(client.answers)
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool)
                .writeSlots(16));
        client.store(store);
        return store;
    }

    private void assertRefused(Reason reason) {
        TargetRefusedException e = assertThrows(TargetRefusedException.class, this::open);
        assertEquals(reason, e.reason(), e.getMessage());
        assertTrue(e.getMessage().contains("target=3"), e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }

    /** Writes chunks one by one, each with a commit of its own, and ends as a kill does. */
    private void write(int count) throws IOException {
        ChunkStore store = open();
        for (int i = 0; i < count; i++) {
            assertEquals(
                    "written", client.write(i, 0, StoreClient.content(i, 1000)).kind());
        }
        store.abandon();
    }

    private void assertChunks(int count) throws IOException {
        try (ChunkStore store = open()) {
            assertEquals(count, store.chunkCount());
            for (int i = 0; i < count; i++) {
                assertArrayEquals(
                        StoreClient.content(i, 1000),
                        client.read(i, 0, 0, CHUNK).bytes());
            }
        }
    }

    private void change(String file, long offset, byte[] bytes) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(target.resolve(file).toFile(), "rw")) {
            access.seek(offset < 0 ? access.length() + offset : offset);
            access.write(bytes);
        }
    }

    private static long record(int index) {
        return JournalHeader.LENGTH + (long) index * RECORD;
    }

    @Test
    void shouldRecoverAfterKill() throws IOException {
        write(20);
        assertChunks(20);
        write(20);
        assertChunks(20);
    }

    @Test
    void shouldDropTornTail() throws IOException {
        write(10);
        change("journal-1", record(9) + 40, new byte[] {1, 2, 3});
        assertChunks(9);
        assertChunks(9);
    }

    @Test
    void shouldRefuseDamageInTheMiddle() throws IOException {
        write(10);
        change("journal-1", record(4) + 40, new byte[] {1, 2, 3});
        assertRefused(Reason.JOURNAL_DAMAGED);
    }

    @Test
    void shouldRefuseDamageOfTheLastRecordBeforeAQuietTime() throws IOException {
        ChunkStore store = open();
        client.write(1, 0, StoreClient.content(1, 1000));
        // Falls idle, and notes that all is durable.
        for (int i = 0; i < 10; i++) {
            store.doWork();
        }
        store.abandon();
        change("journal-1", record(0) + 40, new byte[] {1, 2, 3});
        assertRefused(Reason.JOURNAL_DAMAGED);
    }

    @Test
    void shouldRefuseDamagedJournalHeader() throws IOException {
        write(3);
        change("journal-0", 8, new byte[] {1, 2, 3});
        assertRefused(Reason.JOURNAL_DAMAGED);
    }

    @Test
    void shouldRefuseDamagedSnapshotWithoutPredecessor() throws IOException {
        write(3);
        change("snapshot-1", 4100, new byte[] {1, 2, 3});
        assertRefused(Reason.JOURNAL_DAMAGED);
    }

    @Test
    void shouldUseSnapshotBeforeADamagedOne() throws IOException {
        compactOnce();
        change("snapshot-0", 4100, new byte[] {1, 2, 3});
        try (ChunkStore store = open()) {
            assertEquals(60, store.chunkCount());
            assertArrayEquals(
                    StoreClient.content(59, 1000), client.read(59, 0, 0, CHUNK).bytes());
            while (store.statistics().counters().get(StoreCounter.COMPACTIONS) == 0) {
                store.doWork();
            }
        }
        // It was written again: the journal before is no longer needed.
        change("journal-1", record(4) + 40, new byte[] {1, 2, 3});
        try (ChunkStore store = open()) {
            assertEquals(60, store.chunkCount());
        }
    }

    private void compactOnce() throws IOException {
        ChunkStore store = open();
        int round = 0;
        while (store.statistics().counters().get(StoreCounter.COMPACTIONS) == 0) {
            for (int i = 0; i < 60; i++) {
                client.offerWrite(i, 0, StoreClient.content(i, 1000), null);
            }
            client.write(round++ % 60, 0, StoreClient.content((round - 1) % 60, 1000));
        }
        client.write(0, 0, StoreClient.content(0, 1000));
        store.abandon();
    }

    @Test
    void shouldRefuseJournalAndSnapshotsOfAnotherFormat() throws IOException {
        write(3);
        Path other = folder.resolve("other");
        format(other, 43);
        Files.copy(
                other.resolve("journal-1"),
                target.resolve("journal-1"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertRefused(Reason.JOURNAL_DAMAGED);
    }

    @Test
    void shouldRepairOneSuperblock() throws IOException {
        write(3);
        change("data", 100, new byte[] {1});
        assertChunks(3);
        change("data", -100, new byte[] {1});
        assertChunks(3);
        change("data", 0, new byte[] {1});
        assertChunks(3);
    }

    @Test
    void shouldRefuseTwoDamagedSuperblocks() throws IOException {
        change("data", 100, new byte[] {1});
        change("data", -100, new byte[] {1});
        assertRefused(Reason.SUPERBLOCK_DAMAGED);
    }

    @Test
    void shouldRefuseAnotherVersion() throws IOException {
        write(1);
        UnsafeBuffer copy = new UnsafeBuffer(new byte[Superblock.LENGTH]);
        try (RandomAccessFile access =
                new RandomAccessFile(target.resolve(StoreFormat.DATA_FILE).toFile(), "r")) {
            access.readFully(copy.byteArray());
        }
        copy.putInt(8, Superblock.FORMAT_VERSION + 1);
        int checksumOffset = Superblock.LENGTH - Integer.BYTES;
        copy.putInt(checksumOffset, new Crc32c().compute(copy, 0, checksumOffset));
        change(StoreFormat.DATA_FILE, 0, copy.byteArray());
        assertRefused(Reason.OTHER_VERSION);
    }

    @Test
    void shouldRefuseWhatWasNeverFormatted() throws IOException {
        change("data", 0, new byte[4096]);
        change("data", -4096, new byte[4096]);
        assertRefused(Reason.NOT_FORMATTED);
    }

    @Test
    void shouldRefuseShrunkenDevice() throws IOException {
        try (RandomAccessFile access =
                new RandomAccessFile(target.resolve("data").toFile(), "rw")) {
            access.setLength(access.length() - CHUNK);
        }
        assertRefused(Reason.OTHER_GEOMETRY);
    }

    @Test
    void shouldDropChunkWhoseDataWasNotWritten() throws IOException {
        ChunkStore store = open();
        client.write(1, 0, StoreClient.content(1, 1000));
        client.write(2, 0, StoreClient.content(2, 1000));
        store.abandon();
        // As if the journal had been faster than the data of the last one.
        change("data", Superblock.DATA_OFFSET + CHUNK, new byte[100]);
        try (ChunkStore again = open()) {
            assertEquals(1, again.chunkCount());
            assertEquals(ChunkStatus.NOT_FOUND, client.read(2, 0, 0, 1).status());
            client.write(2, 0, StoreClient.content(2, 1000));
        }
        assertEquals(2, chunks());
    }

    private long chunks() throws IOException {
        try (ChunkStore store = open()) {
            return store.chunkCount();
        }
    }
}

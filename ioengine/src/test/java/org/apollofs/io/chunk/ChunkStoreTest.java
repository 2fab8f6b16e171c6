package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.Backend;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.DataFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The store on real files: what a caller sees. */
@Timeout(60)
class ChunkStoreTest {
    private static final UUID SITE = new UUID(1, 2);
    private static final int CHUNK = 256 * 1024;
    private static final int CHUNKS = 64;

    @TempDir
    Path folder;

    private SlabPool pool;
    private StoreClient client;
    private ChunkStore store;

    @BeforeEach
    void format() throws IOException {
        pool = SlabPool.allocate(24, CHUNK);
        client = new StoreClient(pool);
        new StoreFormat(folder.resolve("0"), SITE, 3)
                .deviceLength(Superblock.deviceLengthFor(CHUNKS, CHUNK))
                .chunkLength(CHUNK)
                .journalLength(256 << 10)
                .mode(DataFile.Mode.ALLOCATED)
                .formatId(42)
                .format();
        open();
    }

    private ChunkStoreContext context() {
        return new ChunkStoreContext()
                .directory(folder.resolve("0"))
                .siteId(SITE)
                .targetId(3)
                .handler(client.answers)
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool)
                .writeSlots(16)
                .readSlots(4)
                .deviceContext(new BlockDeviceContext().backend(Backend.AUTO).queueDepth(16));
    }

    private void open() throws IOException {
        store = ChunkStore.open(context());
        client.store(store);
    }

    @AfterEach
    void close() {
        store.close();
        assertEquals(pool.slabCount(), pool.available());
        pool.close();
    }

    private void assertContent(long stripe, int index, byte[] expected) {
        Answers.Answer answer = client.read(stripe, index, 0, CHUNK);
        assertEquals("read", answer.kind(), () -> "stripe=" + stripe + ": " + answer);
        assertEquals(expected.length, answer.chunkLength());
        assertArrayEquals(expected, answer.bytes());
        assertArrayEquals(StoreClient.checksums(expected).byteArray(), answer.checksums());
    }

    @Test
    void shouldReadWhatWasWritten() throws IOException {
        int[] lengths = {1, 4095, 4096, 65_536, 65_537, 200_000, CHUNK};
        for (int i = 0; i < lengths.length; i++) {
            assertEquals(
                    "written",
                    client.write(i, 0, StoreClient.content(i, lengths[i])).kind());
        }
        for (int i = 0; i < lengths.length; i++) {
            assertContent(i, 0, StoreClient.content(i, lengths[i]));
        }
        store.close();
        open();
        for (int i = 0; i < lengths.length; i++) {
            assertContent(i, 0, StoreClient.content(i, lengths[i]));
        }
        assertEquals(lengths.length, store.chunkCount());
    }

    @Test
    void shouldReadRangesInWholeBlocks() {
        byte[] content = StoreClient.content(5, 200_000);
        client.write(1, 2, content);
        Answers.Answer middle = client.read(1, 2, 70_000, 10);
        assertEquals(65_536, middle.blockOffset());
        assertArrayEquals(Arrays.copyOfRange(content, 65_536, 131_072), middle.bytes());
        Answers.Answer tail = client.read(1, 2, 199_999, 1000);
        assertEquals(196_608, tail.blockOffset());
        assertArrayEquals(Arrays.copyOfRange(content, 196_608, 200_000), tail.bytes());
        assertEquals(4, tail.checksums().length);
        assertEquals(ChunkStatus.INVALID, client.read(1, 2, 200_000, 1).status());
        assertEquals(ChunkStatus.INVALID, client.read(1, 2, -1, 1).status());
        assertEquals(ChunkStatus.NOT_FOUND, client.read(1, 3, 0, 1).status());
    }

    @Test
    void shouldKeepStripeLengths() throws IOException {
        UnsafeBuffer lengths = new UnsafeBuffer(new byte[16]);
        for (int i = 0; i < 4; i++) {
            lengths.putInt(i * 4, 1000 + i);
        }
        byte[] content = StoreClient.content(9, 1003);
        client.await(client.offerWrite(8, 4, content, lengths));
        assertArrayEquals(lengths.byteArray(), client.read(8, 4, 0, 1).stripeLengths());
        store.close();
        open();
        assertArrayEquals(lengths.byteArray(), client.read(8, 4, 0, 1).stripeLengths());
    }

    @Test
    void shouldReplaceAndDelete() throws IOException {
        client.write(1, 0, StoreClient.content(1, CHUNK));
        client.write(1, 0, StoreClient.content(2, 100_000));
        assertContent(1, 0, StoreClient.content(2, 100_000));
        assertEquals((long) CHUNKS * CHUNK - 128 * 1024, store.freeBytes());
        assertEquals("deleted", client.delete(1, 0).kind());
        assertEquals("deleted", client.delete(1, 0).kind());
        assertEquals(ChunkStatus.NOT_FOUND, client.read(1, 0, 0, 1).status());
        assertEquals((long) CHUNKS * CHUNK, store.freeBytes());
        store.close();
        open();
        assertEquals(ChunkStatus.NOT_FOUND, client.read(1, 0, 0, 1).status());
        assertEquals((long) CHUNKS * CHUNK, store.freeBytes());
    }

    @Test
    void shouldRefuseWhatDoesNotVerify() {
        byte[] content = StoreClient.content(1, 100_000);
        UnsafeBuffer sums = StoreClient.checksums(content);
        sums.putInt(4, sums.getInt(4) + 1);
        Answers.Answer answer = client.await(client.offerWrite(1, 0, content, sums, null));
        assertEquals(ChunkStatus.CHECKSUM_MISMATCH, answer.status());
        assertTrue(answer.message().contains("target=3"), answer.message());
        assertEquals(ChunkStatus.NOT_FOUND, client.read(1, 0, 0, 1).status());
        Answers.Answer invalid = client.await(client.offerWrite(1, 0, content, new UnsafeBuffer(new byte[4]), null));
        assertEquals(ChunkStatus.INVALID, invalid.status());
    }

    @Test
    void shouldSayNoSpaceAndGoOnAfterDeletes() {
        for (int i = 0; i < CHUNKS; i++) {
            assertEquals(
                    "written", client.write(i, 0, StoreClient.content(i, CHUNK)).kind());
        }
        Answers.Answer full = client.write(1000, 0, StoreClient.content(1, 1));
        assertEquals(ChunkStatus.NO_SPACE, full.status());
        assertTrue(full.message().startsWith("no space: target=3, length=1, free=0"), full.message());
        client.delete(5, 0);
        assertEquals(
                "written", client.write(1000, 0, StoreClient.content(1, CHUNK)).kind());
        assertContent(1000, 0, StoreClient.content(1, CHUNK));
        assertContent(6, 0, StoreClient.content(6, CHUNK));
        assertTrue(store.isWritable());
    }

    @Test
    void shouldCompactWhileWritesGoOn() throws IOException {
        byte[] content = StoreClient.content(1, 1000);
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < 75; i++) {
                client.offerWrite(i, round % 3, content, null);
            }
        }
        assertEquals("written", client.write(0, 0, content).kind());
        assertTrue(store.statistics().counters().get(StoreCounter.COMPACTIONS) > 0);
        store.close();
        open();
        assertEquals(225, store.chunkCount());
        for (int i = 0; i < 75; i++) {
            assertContent(i, i % 3, content);
        }
    }

    @Test
    void shouldListEachChunkOnce() {
        for (int i = 0; i < 100; i++) {
            client.offerWrite(i, i % 5, StoreClient.content(i, 10), null);
        }
        client.write(100, 0, StoreClient.content(1, 10));
        Set<ChunkName> names = new HashSet<>();
        long cursor = 0;
        do {
            cursor = store.list(cursor, 7, name -> assertTrue(names.add(name)));
        } while (cursor != 0);
        assertEquals(101, names.size());
        assertTrue(names.contains(new ChunkName(1, 13, 3)));
    }

    @Test
    void shouldRefuseOtherSiteTargetAndSecondOpener() throws IOException {
        assertReason(TargetRefusedException.Reason.IN_USE, context());
        store.close();
        assertReason(TargetRefusedException.Reason.OTHER_SITE, context().siteId(new UUID(8, 8)));
        assertReason(TargetRefusedException.Reason.OTHER_TARGET, context().targetId(4));
        open();
    }

    private void assertReason(TargetRefusedException.Reason reason, ChunkStoreContext context) {
        TargetRefusedException e = assertThrows(TargetRefusedException.class, () -> ChunkStore.open(context));
        assertEquals(reason, e.reason(), e.getMessage());
        assertTrue(e.getMessage().contains("target="), e.getMessage());
    }
}

package org.apollofs.io.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.chunk.TargetRefusedException.Reason;
import org.apollofs.io.device.DataFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A target on a raw block device: a loop device over a file, which only root can make. */
@Timeout(120)
class RawTargetTest {
    private static final UUID SITE = new UUID(3, 4);
    private static final int CHUNK = 128 << 10;

    @TempDir
    Path folder;

    private Path loop;

    private void attach(int sectorLength) throws IOException, InterruptedException {
        assumeTrue("root".equals(System.getProperty("user.name")), "a loop device wants root");
        Path file = folder.resolve("disk");
        DataFile.prepare(file, Superblock.deviceLengthFor(80, CHUNK), DataFile.Mode.ALLOCATED, DataFile.Progress.NONE);
        Process process = new ProcessBuilder(
                        LoopDisk.tool("losetup"),
                        "--find",
                        "--show",
                        "--sector-size",
                        Integer.toString(sectorLength),
                        file.toString())
                .start();
        String name = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        assumeTrue(name.startsWith("/dev/"), "no loop device to be had");
        loop = Path.of(name);
    }

    @AfterEach
    void detach() throws IOException, InterruptedException {
        if (loop != null) {
            assertEquals(0, LoopDisk.call(java.util.List.of(LoopDisk.tool("losetup"), "--detach", loop.toString())));
        }
    }

    private StoreFormat format(String name) {
        return new StoreFormat(folder.resolve(name), SITE, 3)
                .rawDevice(loop)
                .chunkLength(CHUNK)
                .journalLength(256 << 10);
    }

    private ChunkStore open(String name, SlabPool pool, StoreClient client) throws IOException {
        ChunkStore store = ChunkStore.open(new ChunkStoreContext()
                .directory(folder.resolve(name))
                .siteId(SITE)
                .targetId(3)
                .handler(client.answers)
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool));
        client.store(store);
        return store;
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096})
    void shouldKeepChunksOnARawDevice(int sectorLength) throws IOException, InterruptedException {
        attach(sectorLength);
        Superblock superblock = format("0").format();
        assertTrue(superblock.dataLength() >= 80L * CHUNK, superblock.toString());
        try (SlabPool pool = SlabPool.allocate(4, CHUNK)) {
            StoreClient client = new StoreClient(pool);
            try (ChunkStore store = open("0", pool, client)) {
                for (int i = 0; i < 60; i++) {
                    byte[] content = StoreClient.content(i, 1 + i * 2000);
                    assertEquals("written", client.write(i, 0, content).kind());
                }
                assertTrue(
                        store.statistics().device().contains("(raw device)"),
                        store.statistics().device());
            }
            try (ChunkStore store = open("0", pool, client)) {
                assertEquals(60, store.chunkCount());
                for (int i = 0; i < 60; i++) {
                    byte[] content = StoreClient.content(i, 1 + i * 2000);
                    assertArrayEquals(content, client.read(i, 0, 0, CHUNK).bytes());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = 512)
    void shouldNotFormatADeviceThatSomebodyUses(int sectorLength) throws IOException, InterruptedException {
        attach(sectorLength);
        format("0").format();
        TargetRefusedException refused =
                assertThrows(TargetRefusedException.class, () -> format("1").format());
        assertEquals(Reason.EXISTS, refused.reason());
        assertTrue(refused.getMessage().contains("holds a target already"), refused.getMessage());
        assertFalse(Files.exists(folder.resolve("1")));
        assertEquals(3, format("1").overwrite(true).format().targetId());
    }
}

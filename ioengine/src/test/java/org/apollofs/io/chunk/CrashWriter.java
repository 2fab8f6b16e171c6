package org.apollofs.io.chunk;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;

/**
 * A process to be killed: {@code CrashWriter FOLDER FIRST_ID [CHEAT]}. Writes and deletes chunks as fast as it can and says on its
 * standard output what was acknowledged, a line each: {@code W key id} or {@code D key id}.
 */
final class CrashWriter implements ChunkStoreHandler {
    static final UUID SITE = new UUID(9, 9);
    static final int CHUNK = 128 << 10;
    static final int KEYS = 40;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);

    private CrashWriter() {}

    static ChunkStoreContext context(Path folder, SlabPool pool, ChunkStoreHandler handler) {
        return new ChunkStoreContext()
                .directory(folder)
                .siteId(SITE)
                .targetId(0)
                .handler(handler)
                .clock(SystemNanoClock.INSTANCE)
                .slabPool(pool)
                .journalBound(20_000);
    }

    /** The content of a write: it names itself, so that a reader knows which one it found. */
    static byte[] content(long id) {
        byte[] content = StoreClient.content(id, 8 + new Random(id).nextInt(CHUNK - 8));
        for (int i = 0; i < 8; i++) {
            content[i] = (byte) (id >>> (8 * i));
        }
        return content;
    }

    public static void main(String[] args) throws IOException {
        CheatingDevice.Cheat cheat = args.length > 2 ? CheatingDevice.Cheat.valueOf(args[2]) : null;
        new CrashWriter().run(Path.of(args[0]), Long.parseLong(args[1]), cheat);
    }

    private void run(Path folder, long firstId, CheatingDevice.Cheat cheat) throws IOException {
        Random random = new Random(firstId);
        SlabPool pool = SlabPool.allocate(16, CHUNK);
        ChunkStoreContext context = context(folder, pool, this);
        if (cheat != null) {
            context.device(new CheatingDevice(ChunkStore.openDevice(context), cheat));
        }
        ChunkStore store = ChunkStore.open(context);
        out.println("open");
        long id = firstId;
        while (true) {
            int key = random.nextInt(KEYS);
            if (random.nextInt(5) == 0) {
                while (!store.offerDelete(key, id, 1, key, 0)) {
                    store.doWork();
                }
            } else {
                Slab slab = pool.tryAcquire();
                while (slab == null) {
                    store.doWork();
                    slab = pool.tryAcquire();
                }
                byte[] content = content(id);
                slab.buffer().putBytes(0, content);
                while (!store.offerWrite(
                        key, id, 1, key, 0, slab, content.length, StoreClient.checksums(content), null)) {
                    store.doWork();
                }
            }
            id++;
        }
    }

    @Override
    public void onWritten(long owner, long correlationId, Slab payload) {
        payload.release();
        out.println("W " + owner + " " + correlationId);
    }

    @Override
    public void onDeleted(long owner, long correlationId) {
        out.println("D " + owner + " " + correlationId);
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
        throw new IllegalStateException("no reads here");
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

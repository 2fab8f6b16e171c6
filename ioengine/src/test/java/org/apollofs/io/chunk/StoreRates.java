package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.BlockDevices;
import org.apollofs.io.device.DataFile;

/**
 * By hand: {@code StoreRates FOLDER TARGETS CHUNK_LENGTH BYTES DEPTH}. Prints the raw rate of the device and what one thread gets
 * from one store, and from several, on files that were written once: every chunk durable before its answer.
 */
final class StoreRates {
    private static final UUID SITE = new UUID(1, 1);

    private final Path folder;
    private final int chunkLength;
    private final long bytes;
    private final int depth;

    private StoreRates(Path folder, int chunkLength, long bytes, int depth) {
        this.folder = folder;
        this.chunkLength = chunkLength;
        this.bytes = bytes;
        this.depth = depth;
    }

    public static void main(String[] args) throws IOException {
        StoreRates rates = new StoreRates(
                Path.of(args[0]), Integer.parseInt(args[2]), Long.parseLong(args[3]), Integer.parseInt(args[4]));
        Files.createDirectories(rates.folder);
        rates.rawRounds();
        rates.stores(1);
        rates.rawRounds();
        int targets = Integer.parseInt(args[1]);
        if (targets > 1) {
            rates.stores(targets);
        }
    }

    private static void print(String what, long count, long ns) {
        System.out.printf(Locale.ROOT, "%-28s %8.2f GB/s%n", what, (double) count / ns);
    }

    private void rawRounds() throws IOException {
        Path path = folder.resolve("raw");
        DataFile.prepare(path, bytes, DataFile.Mode.ZEROED, DataFile.Progress.NONE);
        try (SlabPool pool = SlabPool.allocate(depth, chunkLength);
                BlockDevice device = BlockDevices.open(
                        new BlockDeviceContext().path(path).slabPool(pool).queueDepth(64))) {
            for (int round = 0; round < 3; round++) {
                raw(device, pool, true);
                raw(device, pool, false);
            }
        }
        Files.delete(path);
    }

    private void raw(BlockDevice device, SlabPool pool, boolean write) {
        long start = SystemNanoClock.INSTANCE.nanoTime();
        long next = 0;
        int[] inFlight = new int[1];
        Slab[] slabs = new Slab[Math.min(60, depth)];
        for (int i = 0; i < slabs.length; i++) {
            slabs[i] = pool.tryAcquire();
        }
        java.util.ArrayDeque<Slab> free = new java.util.ArrayDeque<>(java.util.List.of(slabs));
        while (next < bytes || inFlight[0] > 0) {
            while (next + chunkLength <= bytes && !free.isEmpty()) {
                Slab slab = free.pop();
                boolean queued = write
                        ? device.queueWrite(slab.index(), next, slab, 0, chunkLength)
                        : device.queueRead(slab.index(), next, slab, 0, chunkLength);
                if (!queued) {
                    throw new IllegalStateException("queue full");
                }
                inFlight[0]++;
                next += chunkLength;
            }
            if (next + chunkLength > bytes) {
                next = bytes;
            }
            device.submit();
            device.poll((token, result) -> {
                inFlight[0]--;
                free.push(pool.slab((int) token));
            });
        }
        if (write && device.queueSync(99)) {
            device.submit();
            boolean[] done = new boolean[1];
            while (!done[0]) {
                device.poll((token, result) -> done[0] = true);
            }
        }
        print(write ? "raw write" : "raw read", bytes, SystemNanoClock.INSTANCE.nanoTime() - start);
        for (Slab slab : slabs) {
            slab.release();
        }
    }

    private void stores(int count) throws IOException {
        Rig[] rigs = new Rig[count];
        for (int i = 0; i < count; i++) {
            rigs[i] = new Rig(i, bytes / count);
        }
        for (int round = 0; round < 3; round++) {
            long start = SystemNanoClock.INSTANCE.nanoTime();
            run(rigs, true);
            print("stores=" + count + " write", bytes, SystemNanoClock.INSTANCE.nanoTime() - start);
            start = SystemNanoClock.INSTANCE.nanoTime();
            run(rigs, false);
            print("stores=" + count + " read", bytes, SystemNanoClock.INSTANCE.nanoTime() - start);
            for (Rig rig : rigs) {
                rig.deleteAll();
            }
        }
        System.out.println(rigs[0].store.statistics().device());
        rigs[0].store.statistics().latencies().forEach(System.out::println);
        System.out.println(rigs[0].store.statistics().counters());
        for (Rig rig : rigs) {
            rig.close();
        }
    }

    private static void run(Rig[] rigs, boolean write) {
        boolean done = false;
        for (Rig rig : rigs) {
            rig.start();
        }
        while (!done) {
            done = true;
            for (Rig rig : rigs) {
                done &= rig.step(write);
            }
        }
    }

    private final class Rig implements ChunkStoreHandler {
        final SlabPool pool;
        final ChunkStore store;
        final Path path;
        final long chunks;
        final UnsafeBuffer checksums;
        long next;
        long answered;

        Rig(int id, long size) throws IOException {
            path = folder.resolve("store-" + id);
            chunks = size / chunkLength;
            new StoreFormat(path, SITE, id)
                    .chunkLength(chunkLength)
                    .deviceLength(Superblock.deviceLengthFor(chunks + 64, chunkLength))
                    .format();
            pool = SlabPool.allocate(depth, chunkLength);
            Slab slab = pool.tryAcquire();
            byte[] content = StoreClient.content(1, chunkLength);
            checksums = StoreClient.checksums(content);
            slab.release();
            for (int i = 0; i < depth; i++) {
                pool.slab(i).buffer().putBytes(0, content);
            }
            store = ChunkStore.open(new ChunkStoreContext()
                    .directory(path)
                    .siteId(SITE)
                    .targetId(id)
                    .handler(this)
                    .clock(SystemNanoClock.INSTANCE)
                    .commitBytes(Long.getLong("commitBytes", ChunkStoreContext.DEFAULT_COMMIT_BYTES))
                    .commitDelayNs(Long.getLong("commitDelayNs", ChunkStoreContext.DEFAULT_COMMIT_DELAY_NS))
                    .slabPool(pool));
            for (int i = 0; i < depth; i++) {
                pool.slab(i).buffer().putBytes(0, content);
            }
        }

        void start() {
            next = 0;
            answered = 0;
        }

        boolean step(boolean write) {
            while (next < chunks) {
                Slab slab = pool.tryAcquire();
                if (slab == null) {
                    break;
                }
                boolean taken = write
                        ? store.offerWrite(0, next, 1, next, 0, slab, chunkLength, checksums, null)
                        : store.offerRead(0, next, 1, next, 0, 0, chunkLength, slab);
                if (!taken) {
                    slab.release();
                    break;
                }
                next++;
            }
            store.doWork();
            return answered == chunks;
        }

        void deleteAll() {
            start();
            while (answered < chunks) {
                while (next < chunks && store.offerDelete(0, next, 1, next, 0)) {
                    next++;
                }
                store.doWork();
            }
        }

        void close() throws IOException {
            store.close();
            pool.close();
            try (var files = Files.list(path)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(path);
        }

        @Override
        public void onWritten(long owner, long correlationId, Slab payload) {
            payload.release();
            answered++;
        }

        @Override
        public void onDeleted(long owner, long correlationId) {
            answered++;
        }

        @Override
        public void onRead(
                long owner,
                long correlationId,
                Slab slab,
                int blockOffset,
                int length,
                DirectBuffer sums,
                int length2,
                DirectBuffer stripeLengths) {
            slab.release();
            answered++;
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

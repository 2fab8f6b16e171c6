package org.apollofs.io.chunk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.UUID;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * By hand: {@code StoreScale FOLDER CHUNKS}. Prints memory of the index and time of writing and loading a snapshot of so many
 * 1 MiB chunks in stripes of six, and of making the space again: what open does.
 */
final class StoreScale {
    private static final int CHUNK = 1 << 20;

    private StoreScale() {}

    private static void print(String what, double value, String unit) {
        System.out.printf(Locale.ROOT, "%-28s %10.2f %s%n", what, value, unit);
    }

    private static double seconds(long since) {
        return (SystemNanoClock.INSTANCE.nanoTime() - since) / 1e9;
    }

    public static void main(String[] args) throws IOException {
        Path path = Files.createDirectories(Path.of(args[0]));
        long chunks = Long.parseLong(args[1]);
        Superblock superblock =
                Superblock.layOut(new UUID(1, 1), 0, 1, Superblock.deviceLengthFor(chunks + 1024, CHUNK), CHUNK, 0);
        Files.write(path.resolve("snapshot-1"), new byte[0]);
        try (StoreFiles files = DirectoryStoreFiles.open(path, 0);
                SnapshotFile file = files.openSnapshot(1)) {
            fill(superblock, file, chunks);
            for (int i = 0; i < 3; i++) {
                load(superblock, file);
            }
        }
    }

    private static void fill(Superblock superblock, SnapshotFile file, long chunks) throws IOException {
        ChunkEntry entry = new ChunkEntry();
        ChunkEntry old = new ChunkEntry();
        entry.session = 1;
        entry.length = CHUNK;
        entry.order = SizeClass.orderOf(CHUNK);
        entry.checksums.wrap(new UnsafeBuffer(new byte[64]));
        try (ChunkIndex index = new ChunkIndex(superblock.dataLength() / CHUNK);
                SnapshotWriter writer = new SnapshotWriter(index)) {
            long start = SystemNanoClock.INSTANCE.nanoTime();
            long worst = 0;
            for (long i = 0; i < chunks; i++) {
                long before = SystemNanoClock.INSTANCE.nanoTime();
                entry.stripe = i / 6;
                entry.index = (int) (i % 6);
                entry.offset = i * CHUNK;
                index.put(entry, old);
                worst = Math.max(worst, SystemNanoClock.INSTANCE.nanoTime() - before);
            }
            print("put one by one", seconds(start), "s");
            print("longest put", worst / 1e3, "us");
            print("index memory a chunk", (double) index.memoryBytes() / chunks, "B");
            start = SystemNanoClock.INSTANCE.nanoTime();
            worst = 0;
            writer.begin(file, JournalHeader.ofSnapshot(superblock, 1, 1, index.size()));
            boolean done = false;
            while (!done) {
                long before = SystemNanoClock.INSTANCE.nanoTime();
                done = writer.writeNext();
                worst = Math.max(worst, SystemNanoClock.INSTANCE.nanoTime() - before);
            }
            print("snapshot written", seconds(start), "s");
            print("longest slice", worst / 1e3, "us");
            print("snapshot size", file.length() / 1e6, "MB");
        }
    }

    private static void load(Superblock superblock, SnapshotFile file) throws IOException {
        long start = SystemNanoClock.INSTANCE.nanoTime();
        try (ChunkIndex index = new ChunkIndex(superblock.dataLength() / CHUNK);
                SpaceAllocator space = new SpaceAllocator(superblock.dataLength(), superblock.maxOrder())) {
            new SnapshotReader(superblock, file, 1).load(index);
            print("snapshot loaded", seconds(start), "s");
            start = SystemNanoClock.INSTANCE.nanoTime();
            ChunkEntry entry = new ChunkEntry();
            for (int i = 0; i < index.segmentCount(); i++) {
                index.forEach(i, entry, chunk -> {
                    if (!space.reserve(chunk.offset, chunk.order)) {
                        throw new IllegalStateException(chunk.toString());
                    }
                });
            }
            print("space made", seconds(start), "s");
            print("index memory a chunk", (double) index.memoryBytes() / index.size(), "B");
            print("space memory", space.memoryBytes() / 1e6, "MB");
        }
    }
}

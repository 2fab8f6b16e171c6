package org.apollofs.dataplane.client;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.UUID;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.target.StorageTarget;
import org.apollofs.dataplane.target.StorageTargetContext;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.chunk.ChunkStoreContext;
import org.apollofs.io.chunk.StoreFormat;
import org.apollofs.io.chunk.Superblock;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.DataFile;
import org.apollofs.io.device.fault.FaultPlan;
import org.apollofs.io.device.fault.FaultyDisk;
import org.apollofs.io.os.Errno;
import org.apollofs.transport.Network;

/** A storage target as it is in production, but for its disk, which fails as it is told. One thread. */
final class DiskTarget implements AutoCloseable {
    private static final UUID SITE = new UUID(7, 8);

    final int id;
    final FaultPlan plan = new FaultPlan();
    /** Whether the journal cannot be synced. */
    boolean failsJournal;

    private final Path directory;
    private final Network network;
    private final NanoClock clock;
    private final int chunkLength;
    private final FaultyDisk disk;
    private StorageTarget target;

    /** @param chunks how many of full length it has room for: 64 at least. */
    DiskTarget(Path directory, int id, Network network, NanoClock clock, int chunkLength, int chunks, long seed) {
        this.id = id;
        this.directory = directory.resolve("target-" + id);
        this.network = network;
        this.clock = clock;
        this.chunkLength = chunkLength;
        long length = Superblock.deviceLengthFor(chunks, chunkLength);
        disk = new FaultyDisk(length, Superblock.LENGTH, seed, plan);
        disk.foreignSync(descriptor -> failsJournal ? -Errno.EIO : 0);
        try {
            StorageTarget.format(this.directory, SITE, id)
                    .deviceLength(length)
                    .chunkLength(chunkLength)
                    .journalLength(StoreFormat.MIN_JOURNAL_LENGTH)
                    .mode(DataFile.Mode.ALLOCATED)
                    .formatId(1)
                    .format();
            copySuperblocks();
            open();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void copySuperblocks() throws IOException {
        byte[] block = new byte[Superblock.LENGTH];
        try (RandomAccessFile file = new RandomAccessFile(
                        directory.resolve(StoreFormat.DATA_FILE).toFile(), "r");
                SlabPool pool = SlabPool.allocate(1, Superblock.LENGTH);
                BlockDevice device = disk.open(8)) {
            Slab slab = pool.tryAcquire();
            for (long at : new long[] {0, device.capacity() - Superblock.LENGTH}) {
                file.seek(at);
                file.readFully(block);
                slab.buffer().putBytes(0, block);
                if (!device.queueWrite(1, at, slab, 0, block.length) || device.submit() != 1) {
                    throw new AssertionError("the disk takes no write");
                }
                while (device.poll((token, result) -> {}) == 0) {
                    Thread.onSpinWait();
                }
            }
            slab.release();
        }
    }

    private void open() throws IOException {
        target = StorageTarget.open(new StorageTargetContext()
                .targetId(id)
                .network(network)
                .chunkLength(chunkLength)
                .creditChunks(4)
                .readSlabs(4)
                .store(new ChunkStoreContext()
                        .directory(directory)
                        .siteId(SITE)
                        .targetId(id)
                        .clock(clock)
                        .device(disk.open(16))));
    }

    int doWork() {
        return target.doWork();
    }

    long chunkCount() {
        return target.statistics().store().chunkCount();
    }

    /** Whether it takes chunks: it leaves service after a fault of its disk. */
    boolean isWritable() {
        return target.statistics().store().writable();
    }

    /** A good disk again, and a new process on it. */
    void restart() {
        heal();
        target.close();
        try {
            open();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A good disk again. */
    void heal() {
        plan.writeErrorRate(0).syncErrorRate(0).full(false);
        failsJournal = false;
    }

    @Override
    public void close() {
        target.close();
    }
}

package org.apollofs.io.chunk;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.fault.FaultPlan;
import org.apollofs.io.device.fault.FaultyDisk;

/**
 * One target through several lives, from one seed: random writes, overwrites, deletes and reads, and then the process is
 * killed, the power is cut or all is closed well. After each, what the store holds is compared with what it acknowledged.
 */
final class CrashRig {
    private static final UUID SITE = new UUID(5, 6);
    private static final int CHUNK = 128 << 10;
    private static final int KEYS = 24;
    private static final int LIVES = 6;

    /** Content of a chunk: which write it was, and how long. Absent: null. */
    private record Version(long id, int length) {}

    private record Operation(int key, Version version) {}

    private final long seed;
    private final Random random;
    private final SlabPool pool;
    private final FaultPlan plan = new FaultPlan();
    private final FaultyDisk disk;
    private final UnaryOperator<BlockDevice> wrapper;
    private SimulatedFiles files = SimulatedFiles.make(16 << 10);
    private final Map<Integer, Version> acknowledged = new TreeMap<>();
    /** Not answered yet, in the order of their offers, by id. */
    private final Map<Long, Operation> pending = new TreeMap<>();

    private ChunkStore store;
    private BlockDevice device;
    private long nextId = 1;
    private long nowNs;
    int cuts;
    int unsure;

    /** @param wrapper puts something between store and disk; identity for a right build. */
    CrashRig(long seed, SlabPool pool, UnaryOperator<BlockDevice> wrapper) {
        this.seed = seed;
        this.random = new Random(seed);
        this.pool = pool;
        this.wrapper = wrapper;
        int block = random.nextBoolean() ? 512 : 4096;
        disk = new FaultyDisk(Superblock.deviceLengthFor(Superblock.MIN_CHUNKS, CHUNK), block, seed, plan);
        disk.foreignSync(descriptor -> files.sync(descriptor));
        plan.delay(0, random.nextInt(25)).shortTransferRate(0.02);
    }

    /** Runs all lives. @throws AssertionError with the seed, if something acknowledged is wrong. */
    void run() throws IOException {
        format();
        open();
        for (int life = 0; life < LIVES; life++) {
            live(random.nextInt(random.nextBoolean() ? 10 : 100));
            end();
            open();
            check();
        }
        store.close();
        if (pool.available() != pool.slabCount()) {
            throw new AssertionError("seed=" + seed + ": slabs lost: " + (pool.slabCount() - pool.available()));
        }
    }

    private void format() throws IOException {
        Slab slab = pool.tryAcquire();
        try (BlockDevice raw = disk.open(8)) {
            Superblock superblock = Superblock.layOut(SITE, 1, seed, raw.capacity(), CHUNK, 0);
            StoreFormat.write(superblock, new SyncDevice(raw, slab, 1), files);
        } finally {
            slab.release();
        }
    }

    private void open() throws IOException {
        device = wrapper.apply(disk.open(16));
        Handler handler = new Handler();
        try {
            store = ChunkStore.open(new ChunkStoreContext()
                    .device(device)
                    .files(files)
                    .siteId(SITE)
                    .targetId(1)
                    .handler(handler)
                    .clock(() -> nowNs)
                    .slabPool(pool)
                    .writeSlots(16)
                    .readSlots(4)
                    .commitBytes(1 + random.nextInt(100_000))
                    .commitDelayNs(random.nextInt(50))
                    .journalBound(100 + random.nextInt(random.nextBoolean() ? 500 : 6000)));
        } catch (TargetRefusedException e) {
            throw new AssertionError("seed=" + seed + ": " + e.getMessage(), e);
        }
        handler.store = store;
    }

    private void live(int operations) {
        for (int i = 0; i < operations; i++) {
            offer();
            for (int k = random.nextInt(4); k > 0; k--) {
                step();
            }
        }
        for (int k = random.nextInt(random.nextBoolean() ? 2 : 40); k > 0; k--) {
            step();
        }
    }

    private void step() {
        nowNs += random.nextInt(20);
        store.doWork();
        if (random.nextInt(20) == 0) {
            files.writeBack(random);
        }
    }

    private void offer() {
        int key = random.nextInt(KEYS);
        int choice = random.nextInt(10);
        if (choice < 6) {
            offerWrite(key);
        } else if (choice < 8) {
            long id = nextId++;
            if (store.offerDelete(0, id, 1, key, key % 3)) {
                pending.put(id, new Operation(key, null));
            }
        } else {
            Slab slab = pool.tryAcquire();
            if (slab != null && !store.offerRead(key, nextId++, 1, key, key % 3, 0, CHUNK, slab)) {
                slab.release();
            }
        }
    }

    private void offerWrite(int key) {
        Slab slab = pool.tryAcquire();
        if (slab == null) {
            return;
        }
        int length = 1 + random.nextInt(random.nextInt(8) == 0 ? CHUNK : 6000);
        Version version = new Version(nextId++, length);
        byte[] content = content(version);
        slab.buffer().putBytes(0, content);
        if (store.offerWrite(0, version.id, 1, key, key % 3, slab, length, StoreClient.checksums(content), null)) {
            pending.put(version.id, new Operation(key, version));
        } else {
            slab.release();
        }
    }

    private byte[] content(Version version) {
        return StoreClient.content(seed * 1_000_003 + version.id, version.length);
    }

    /** Ends a life in one of three ways. */
    private void end() {
        int choice = random.nextInt(8);
        if (choice == 0) {
            store.close();
            files = files.reborn();
            return;
        }
        ChunkStore old = store;
        store = null;
        if (choice < 3) {
            // Killed: what the kernel has, it keeps.
            files = files.reborn();
            device.close();
        } else {
            cuts++;
            disk.cutPower();
            files.cut(random);
            files = files.reborn();
        }
        unsure += pending.size();
        old.abandon();
    }

    private void check() {
        Map<Integer, List<Version>> allowed = new HashMap<>();
        for (Operation operation : pending.values()) {
            allowed.computeIfAbsent(operation.key, key -> new ArrayList<>()).add(operation.version);
        }
        pending.clear();
        long used = 0;
        for (int key = 0; key < KEYS; key++) {
            List<Version> versions = allowed.getOrDefault(key, new ArrayList<>());
            versions.add(acknowledged.get(key));
            Version found = read(key, versions);
            if (found == null) {
                acknowledged.remove(key);
            } else {
                acknowledged.put(key, found);
                used += SizeClass.lengthOf(SizeClass.orderOf(found.length));
            }
        }
        long capacity = store.superblock().dataLength();
        if (store.freeBytes() != capacity - used || store.chunkCount() != acknowledged.size()) {
            throw new AssertionError("seed=" + seed + ": free=" + store.freeBytes() + ", expected=" + (capacity - used)
                    + ", chunks=" + store.chunkCount() + ", expected=" + acknowledged.size());
        }
    }

    private Version read(int key, List<Version> allowed) {
        Slab slab = pool.tryAcquire();
        long id = nextId++;
        lastRead = null;
        lastStatus = null;
        while (!store.offerRead(key, id, 1, key, key % 3, 0, CHUNK, slab)) {
            store.doWork();
        }
        for (int i = 0; i < 10_000 && lastRead == null && lastStatus == null; i++) {
            store.doWork();
        }
        if (lastStatus == ChunkStatus.NOT_FOUND && allowed.contains(null)) {
            return null;
        }
        for (Version version : allowed) {
            if (version != null && lastRead != null && Arrays.equals(content(version), lastRead)) {
                return version;
            }
        }
        throw new AssertionError("seed=" + seed + ": key=" + key + ", allowed=" + allowed + ", found "
                + (lastRead == null ? lastStatus : "other bytes, length=" + lastRead.length));
    }

    private byte[] lastRead;
    private ChunkStatus lastStatus;

    private final class Handler implements ChunkStoreHandler {
        private ChunkStore store;

        private boolean isAlive() {
            return store == CrashRig.this.store;
        }

        private void acknowledge(long id) {
            if (isAlive()) {
                Operation operation = pending.remove(id);
                if (operation.version == null) {
                    acknowledged.remove(operation.key);
                } else {
                    acknowledged.put(operation.key, operation.version);
                }
            }
        }

        @Override
        public void onWritten(long owner, long correlationId, Slab payload) {
            payload.release();
            acknowledge(correlationId);
        }

        @Override
        public void onDeleted(long owner, long correlationId) {
            acknowledge(correlationId);
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
            byte[] bytes = new byte[length];
            slab.buffer().getBytes(0, bytes);
            slab.release();
            if (isAlive()) {
                lastRead = bytes;
                UnsafeBuffer expected = StoreClient.checksums(bytes);
                if (!expected.equals(new UnsafeBuffer(checksums, 0, checksums.capacity()))) {
                    throw new AssertionError("seed=" + seed + ": read of key=" + owner + " does not verify");
                }
            }
        }

        @Override
        public void onWriteFailed(long owner, long correlationId, ChunkStatus status, String message, Slab payload) {
            if (payload != null) {
                payload.release();
            }
            if (isAlive()) {
                throw new AssertionError("seed=" + seed + ": " + status + ": " + message);
            }
        }

        @Override
        public void onReadFailed(long owner, long correlationId, ChunkStatus status, String message, Slab slab) {
            slab.release();
            if (isAlive()) {
                lastStatus = status;
            }
        }
    }
}

package org.apollofs.io.chunk;

import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;

/** Drives a store one request at a time, or many, on the test's thread. */
final class StoreClient {
    final Answers answers;
    final SlabPool pool;
    private ChunkStore store;
    private long nextId = 1;

    StoreClient(SlabPool pool) {
        this(pool, new Answers());
    }

    StoreClient(SlabPool pool, Answers answers) {
        this.pool = pool;
        this.answers = answers;
    }

    void store(ChunkStore newStore) {
        store = newStore;
    }

    /** Content of a chunk that follows from a seed. */
    static byte[] content(long seed, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    static UnsafeBuffer checksums(byte[] bytes) {
        UnsafeBuffer source = new UnsafeBuffer(bytes);
        UnsafeBuffer checksums = new UnsafeBuffer(new byte[ChunkEntry.checksumCount(bytes.length) * Integer.BYTES]);
        new Crc32c().checksumBlocks(source, 0, bytes.length, SizeClass.UNIT_LENGTH, checksums, 0);
        return checksums;
    }

    /** Offers a write, driving the store until there is room. @return its id. */
    long offerWrite(long stripe, int index, byte[] bytes, UnsafeBuffer stripeLengths) {
        return offerWrite(stripe, index, bytes, checksums(bytes), stripeLengths);
    }

    long offerWrite(long stripe, int index, byte[] bytes, UnsafeBuffer checksums, UnsafeBuffer stripeLengths) {
        Slab slab = acquire();
        slab.buffer().putBytes(0, bytes);
        long id = nextId++;
        await(() -> store.offerWrite(7, id, 1, stripe, index, slab, bytes.length, checksums, stripeLengths));
        return id;
    }

    long offerDelete(long stripe, int index) {
        long id = nextId++;
        await(() -> store.offerDelete(7, id, 1, stripe, index));
        return id;
    }

    long offerRead(long stripe, int index, int offset, int length) {
        Slab slab = acquire();
        long id = nextId++;
        await(() -> store.offerRead(7, id, 1, stripe, index, offset, length, slab));
        return id;
    }

    private Slab acquire() {
        Slab[] slab = new Slab[1];
        await(() -> (slab[0] = pool.tryAcquire()) != null);
        return slab[0];
    }

    Answers.Answer await(long id) {
        await(() -> answers.byId.containsKey(id));
        return answers.byId.get(id);
    }

    Answers.Answer write(long stripe, int index, byte[] bytes) {
        return await(offerWrite(stripe, index, bytes, null));
    }

    Answers.Answer delete(long stripe, int index) {
        return await(offerDelete(stripe, index));
    }

    Answers.Answer read(long stripe, int index, int offset, int length) {
        return await(offerRead(stripe, index, offset, length));
    }

    private void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (store.doWork() == 0) {
                Thread.onSpinWait();
            }
        }
    }
}

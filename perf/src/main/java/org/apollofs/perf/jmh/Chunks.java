package org.apollofs.perf.jmh;

import java.util.SplittableRandom;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;

/** Chunks of random bytes for benchmarks. */
final class Chunks {
    private Chunks() {}

    /** A slab of a pool that has one left, filled. */
    static Slab random(SlabPool pool, long seed) {
        Slab slab = pool.tryAcquire();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < slab.capacity(); i += Long.BYTES) {
            slab.buffer().putLong(i, random.nextLong());
        }
        return slab;
    }
}

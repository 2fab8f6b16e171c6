package org.apollofs.perf.durability;

import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** What the workers of a load share: its seed, the numbers of steps, and when it is over. Any thread. */
final class LoadContext {
    private final long seed;
    private final AtomicLong lastStep = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);

    LoadContext(long seed) {
        this.seed = seed;
    }

    long seed() {
        return seed;
    }

    /** A step on a name, without content. */
    Step step(int worker, Step.Kind kind, String name) {
        return step(worker, kind, name, "", 0, 0, 0);
    }

    /** A step with what it is to be given. Its content follows from its number. */
    Step step(int worker, Step.Kind kind, String name, String other, long handle, long offset, long length) {
        long id = lastStep.incrementAndGet();
        return new Step(id, worker, kind, name, other, handle, offset, length, seedOf(id));
    }

    private long seedOf(long id) {
        return new SplittableRandom(seed ^ (id * 0x9E3779B97F4A7C15L)).nextLong();
    }

    /** True once in {@code times}, for choices that need not come again with the seed. */
    boolean chance(int times) {
        return Math.floorMod(seedOf(-lastStep.get()), times) == 0;
    }

    boolean isStopped() {
        return stop.getCount() == 0;
    }

    void stop() {
        stop.countDown();
    }

    /** Does nothing for a while, after an error. @return whether the load is stopped. */
    boolean pause(long time, TimeUnit unit) throws InterruptedException {
        return stop.await(time, unit);
    }
}

package org.apollofs.io.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SlabPoolTest {
    @Test
    void shouldHandOutEverySlabOnceAndThenNone() {
        try (SlabPool pool = SlabPool.allocate(3, 4096)) {
            List<Slab> taken = new ArrayList<>();
            for (Slab slab = pool.tryAcquire(); slab != null; slab = pool.tryAcquire()) {
                assertTrue(taken.stream().noneMatch(slab::equals));
                taken.add(slab);
            }
            assertEquals(3, taken.size());
            assertEquals(0, pool.available());
            assertNull(pool.tryAcquire());
            taken.forEach(Slab::release);
            assertEquals(3, pool.available());
        }
    }

    @Test
    void shouldTakeTheSlabReleasedLastFirst() {
        try (SlabPool pool = SlabPool.allocate(4, 4096)) {
            Slab first = pool.tryAcquire();
            Slab second = pool.tryAcquire();
            assertNotNull(first);
            assertNotNull(second);
            second.release();
            first.release();
            assertSame(first, pool.tryAcquire());
            assertSame(second, pool.tryAcquire());
        }
    }

    @Test
    void shouldRefuseASecondRelease() {
        try (SlabPool pool = SlabPool.allocate(1, 4096)) {
            Slab slab = pool.tryAcquire();
            assertNotNull(slab);
            slab.release();
            assertThrows(IllegalStateException.class, slab::release);
            assertEquals(1, pool.available());
        }
    }

    /** Threads write their name into what they own and find it again: nobody else had the slab meanwhile. */
    @Test
    void shouldGiveASlabToOneOwnerAtATime() throws InterruptedException {
        int threadCount = 4;
        try (SlabPool pool = SlabPool.allocate(3, 4096)) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            CountDownLatch start = new CountDownLatch(1);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < threadCount; i++) {
                int name = i + 1;
                Thread thread = new Thread(() -> useSlabs(pool, name, start), "slab-user-" + i);
                thread.setUncaughtExceptionHandler((who, thrown) -> failure.set(thrown));
                thread.start();
                threads.add(thread);
            }
            start.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertNull(failure.get(), () -> String.valueOf(failure.get()));
            assertEquals(3, pool.available());
        }
    }

    private static void useSlabs(SlabPool pool, int name, CountDownLatch start) {
        try {
            start.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        for (int turn = 0; turn < 200_000; turn++) {
            Slab slab = pool.tryAcquire();
            if (slab == null) {
                Thread.onSpinWait();
                continue;
            }
            int written = name << 24 | turn;
            slab.buffer().putInt(0, written);
            if (slab.buffer().getInt(0) != written) {
                throw new IllegalStateException("two owners of slab " + slab.index());
            }
            slab.release();
        }
    }
}

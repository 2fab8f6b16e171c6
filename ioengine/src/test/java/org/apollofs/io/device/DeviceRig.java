package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.agrona.collections.Long2LongHashMap;
import org.apollofs.io.buffer.Slab;

/** Drives a device from a test: fills slabs from a seed, waits for completions with a deadline. */
public final class DeviceRig {
    private static final long DEADLINE_NS = 20_000_000_000L;
    private static final long NONE = Long.MIN_VALUE;

    final BlockDevice device;
    final Long2LongHashMap results = new Long2LongHashMap(NONE);
    int completions;

    public DeviceRig(BlockDevice device) {
        this.device = device;
    }

    void onCompletion(long token, int result) {
        assertTrue(results.put(token, result) == NONE, "completed twice: token=" + token);
        completions++;
    }

    /** Submits and polls until nothing is pending. */
    public void finish() {
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (device.pending() > 0) {
            device.submit();
            device.poll(this::onCompletion);
            assertTrue(System.nanoTime() < deadline, "not completed in time: pending=" + device.pending());
            Thread.onSpinWait();
        }
    }

    /** The result of a token that has completed. */
    public int result(long token) {
        long result = results.remove(token);
        assertTrue(result != NONE, "not completed: token=" + token);
        return (int) result;
    }

    public int write(long offset, Slab slab, int slabOffset, int length) {
        assertTrue(device.queueWrite(1, offset, slab, slabOffset, length));
        finish();
        return result(1);
    }

    public int read(long offset, Slab slab, int slabOffset, int length) {
        assertTrue(device.queueRead(2, offset, slab, slabOffset, length));
        finish();
        return result(2);
    }

    public int sync() {
        assertTrue(device.queueSync(3));
        finish();
        return result(3);
    }

    public static void fill(Slab slab, int offset, int length, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < length; i += Long.BYTES) {
            slab.buffer().putLong(offset + i, random.nextLong());
        }
    }

    public static boolean matches(Slab slab, int offset, int length, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < length; i += Long.BYTES) {
            if (slab.buffer().getLong(offset + i) != random.nextLong()) {
                return false;
            }
        }
        return true;
    }
}

package org.apollofs.io.device;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apollofs.io.buffer.SlabPool;

/**
 * Prints what one thread writes and reads through a device, in GB/s, and small writes a second. No test: run it by hand,
 * with the flags of config/jvm.options. Arguments: file, bytes, backend.
 */
public final class DeviceRates {
    private static final int DEPTH = 32;
    private static final int LARGE = 1 << 20;
    private static final int SMALL = 4096;

    private DeviceRates() {}

    public static void main(String[] args) throws Exception {
        Path path = Path.of(args[0]);
        long size = Long.parseLong(args[1]);
        DataFile.prepare(path, size, DataFile.Mode.ZEROED, DataFile.Progress.NONE);
        try (SlabPool pool = SlabPool.allocate(DEPTH, LARGE)) {
            BlockDeviceContext context = new BlockDeviceContext()
                    .path(path)
                    .backend(Backend.valueOf(args[2]))
                    .queueDepth(DEPTH)
                    .slabPool(pool);
            for (int option = 0; option < 2; option++) {
                context.registerBuffers(option == 0);
                try (BlockDevice device = BlockDevices.open(context)) {
                    System.out.println(device.describe());
                    for (int round = 0; round < 3; round++) {
                        long write = run(device, pool, size / LARGE, LARGE, true);
                        long read = run(device, pool, size / LARGE, LARGE, false);
                        long small = run(device, pool, 20_000, SMALL, true);
                        System.out.printf(
                                "write %.2f GB/s, read %.2f GB/s, writes of 4 KiB %.0f/s%n",
                                (double) size / write, (double) size / read, 20_000 * 1e9 / small);
                    }
                }
            }
        } finally {
            Files.delete(path);
        }
    }

    private static long run(BlockDevice device, SlabPool pool, long count, int length, boolean write) {
        long start = System.nanoTime();
        long[] queued = {0};
        int[] free = new int[DEPTH];
        int[] freeCount = {DEPTH};
        for (int i = 0; i < DEPTH; i++) {
            free[i] = i;
        }
        CompletionHandler handler = (token, result) -> {
            if (result != length) {
                throw new IllegalStateException("result=" + result);
            }
            free[freeCount[0]++] = (int) token;
        };
        while (queued[0] < count || device.pending() > 0) {
            while (queued[0] < count && freeCount[0] > 0) {
                int slab = free[--freeCount[0]];
                long offset = queued[0]++ * length % device.capacity();
                boolean accepted = write
                        ? device.queueWrite(slab, offset, pool.slab(slab), 0, length)
                        : device.queueRead(slab, offset, pool.slab(slab), 0, length);
                if (!accepted) {
                    throw new IllegalStateException("full");
                }
            }
            device.submit();
            if (device.poll(handler) == 0) {
                Thread.onSpinWait();
            }
        }
        return System.nanoTime() - start;
    }
}

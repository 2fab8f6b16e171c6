package org.apollofs.io.erasure;

import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;

/**
 * Prints what one core encodes, rebuilds and checksums, in GB/s of data. No test: run it by hand, with the flags of
 * config/jvm.options.
 */
public final class CodecRates {
    private static final int CHUNK = 1 << 20;
    private static final long ROUND_NS = 700_000_000L;
    private static final int ROUNDS = 3;

    private CodecRates() {}

    public static void main(String[] args) {
        try (SlabPool pool = SlabPool.allocate(24, CHUNK)) {
            Crc32c crc = new Crc32c();
            int[] sink = new int[1];
            report("CRC32C of 1 MiB by 64 KiB", CHUNK, () -> {
                for (int i = 0; i < CHUNK; i += 65536) {
                    sink[0] += crc.compute(pool.slab(0).buffer(), i, 65536);
                }
            });
            for (int[] shape : new int[][] {{4, 2}, {8, 2}, {16, 4}, {4, 1}, {1, 1}}) {
                for (Codec codec : ErasureCode.codecs()) {
                    encode(pool, ErasureCode.of(shape[0], shape[1], codec));
                }
            }
            for (Codec codec : ErasureCode.codecs()) {
                rebuild(pool, ErasureCode.of(4, 2, codec));
            }
        }
    }

    private static void encode(SlabPool pool, ErasureCode code) {
        int k = code.dataCount();
        long[] parity = addresses(pool, k, code.parityCount());
        report("encode " + code.describe(), (long) k * CHUNK, () -> {
            int valid = 0;
            for (int i = 0; i < k; i++) {
                valid = code.accumulate(i, pool.slab(i).address(), CHUNK, parity, valid);
            }
        });
    }

    private static void rebuild(SlabPool pool, ErasureCode code) {
        Reconstruction plan = code.reconstruction(0b111100, 0b000011);
        long[] targets = addresses(pool, 6, 2);
        report("rebuild 2 of " + code.describe(), 4L * CHUNK, () -> {
            int valid = 0;
            for (int i = 0; i < 4; i++) {
                valid = plan.accumulate(i, pool.slab(plan.source(i)).address(), CHUNK, targets, valid);
            }
        });
    }

    private static long[] addresses(SlabPool pool, int first, int count) {
        long[] addresses = new long[count];
        for (int i = 0; i < count; i++) {
            Slab slab = pool.slab(first + i);
            addresses[i] = slab.address();
        }
        return addresses;
    }

    private static void report(String what, long bytes, Runnable work) {
        StringBuilder line = new StringBuilder();
        long first = System.nanoTime();
        work.run();
        line.append(String.format("first call %7.1f ms; GB/s", (System.nanoTime() - first) / 1e6));
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            long done = 0;
            long elapsed;
            do {
                work.run();
                done += bytes;
                elapsed = System.nanoTime() - start;
            } while (elapsed < ROUND_NS);
            line.append(String.format(" %6.2f", (double) done / elapsed));
        }
        System.out.println(line + "  " + what);
    }
}

package org.apollofs.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.io.buffer.SlabPool;
import org.apollofs.io.checksum.Crc32c;
import org.apollofs.io.device.Backend;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContext;
import org.apollofs.io.device.BlockDevices;
import org.apollofs.io.device.CompletionHandler;
import org.apollofs.io.device.DataFile;
import org.apollofs.io.erasure.Codec;
import org.apollofs.io.erasure.ErasureCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hot paths allocate nothing once the compiler has them. That takes seconds where others have the cores: rounds are many. */
@Timeout(100)
class AllocationTest {
    private static final int ROUNDS = 8000;
    private static final int CALLS = 200;
    private static final int MAX_PARITY = 4;

    @TempDir
    Path folder;

    private int sink;

    @Test
    void shouldNotAllocateForDeviceOperations() throws Exception {
        Path path = folder.resolve("data");
        DataFile.prepare(path, 1 << 20, DataFile.Mode.ZEROED, DataFile.Progress.NONE);
        try (SlabPool pool = SlabPool.allocate(2, 4096);
                BlockDevice device = BlockDevices.open(new BlockDeviceContext()
                        .path(path)
                        .backend(Backend.URING)
                        .slabPool(pool))) {
            CompletionHandler handler = (token, result) -> sink += result;
            assertNoAllocation("device", () -> {
                assertTrue(device.queueWrite(1, 4096, pool.slab(0), 0, 4096));
                assertTrue(device.queueRead(2, 8192, pool.slab(1), 0, 4096));
                while (device.pending() > 0) {
                    device.submit();
                    device.poll(handler);
                }
            });
        }
    }

    @Test
    void shouldNotAllocateForChecksums() {
        try (SlabPool pool = SlabPool.allocate(2, 64 * 1024)) {
            Crc32c crc = new Crc32c();
            UnsafeBuffer checksums = pool.slab(1).buffer();
            UnsafeBuffer data = pool.slab(0).buffer();
            assertNoAllocation("crc", () -> {
                crc.checksumBlocks(data, 0, 65536, 4096, checksums, 0);
                assertEquals(Crc32c.ALL_MATCH, crc.verifyBlocks(data, 0, 65536, 4096, checksums, 0));
            });
        }
    }

    /** Sums of one to four outputs in one process: the compiler must not make one piece of their loops, which it cannot hold. */
    @Test
    void shouldNotAllocateForParity() {
        try (SlabPool pool = SlabPool.allocate(2 + MAX_PARITY, 64 * 1024)) {
            long[] parity = new long[MAX_PARITY];
            for (int i = 0; i < MAX_PARITY; i++) {
                parity[i] = pool.slab(2 + i).address();
            }
            for (Codec codec : ErasureCode.codecs()) {
                List<ErasureCode> codes = new ArrayList<>();
                for (int count = 1; count <= MAX_PARITY; count++) {
                    codes.add(ErasureCode.of(4, count, codec));
                }
                assertNoAllocation(codes.getLast().describe(), () -> {
                    for (ErasureCode code : codes) {
                        sink = code.accumulate(0, pool.slab(0).address(), 4096, parity, 0);
                        sink = code.accumulate(1, pool.slab(1).address(), 8192, parity, sink);
                    }
                });
            }
        }
    }

    private static void assertNoAllocation(String what, Runnable calls) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                calls.run();
            }
            bytes = threads.getCurrentThreadAllocatedBytes() - before;
            if (bytes == 0) {
                return;
            }
        }
        assertEquals(0, bytes, what + ": bytes allocated in the last " + CALLS + " calls");
    }
}

package org.apollofs.dataplane.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** All when idle, its share under load. */
class BandwidthShareTest {
    private static final long MS = 1_000_000;

    private long nowNs = 1_000 * MS;
    private long hostBytes;
    private long leftToHosts;

    /** Bytes that a class gets done in 10 s on a device of 1 GB/s, which hosts that want so much a second have to share. */
    private long run(BandwidthShare share, long hostBytesPerSecond) {
        long done = 0;
        long before = hostBytes;
        for (int i = 0; i < 10_000; i++) {
            nowNs += MS;
            long taken = 0;
            if (share.mayBegin()) {
                // Both press: each gets half.
                taken = Math.max(500_000, 1_000_000 - hostBytesPerSecond / 1000);
                share.onMoved(taken);
                done += taken;
            }
            hostBytes += Math.min(hostBytesPerSecond / 1000, 1_000_000 - taken);
        }
        leftToHosts = hostBytes - before;
        return done;
    }

    @Test
    void shouldTakeAllWhenIdleAndItsShareUnderLoad() {
        BandwidthShare share = new BandwidthShare(() -> nowNs, () -> hostBytes, 20);
        assertEquals(10_000_000_000L, run(share, 0));
        assertEquals(4, share.atOnce(4));
        long full = run(share, 1_000_000_000);
        assertTrue(full > 1_500_000_000L && full < 2_500_000_000L, "beside a full load: " + full);
        assertTrue(leftToHosts > 7_500_000_000L, "left to hosts: " + leftToHosts);
        assertEquals(1, share.atOnce(4));
        assertTrue(run(share, 10_000_000) > 9_000_000_000L, "beside next to nothing");
        nowNs += 1000 * MS;
        assertTrue(share.mayBegin() && share.atOnce(4) == 4);
    }

    @Test
    void shouldGetOnBesideALoadThatWasThereFromTheStart() {
        BandwidthShare share = new BandwidthShare(() -> nowNs, () -> hostBytes, 10);
        long done = run(share, 1_000_000_000);
        assertTrue(done > 700_000_000L && done < 1_600_000_000L, "done=" + done);
    }
}

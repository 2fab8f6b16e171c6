package org.apollofs.io.device.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.apollofs.io.buffer.Slab;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.BlockDeviceContractTest;
import org.apollofs.io.device.DeviceRig;
import org.apollofs.io.os.Errno;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FaultyDeviceTest extends BlockDeviceContractTest {
    private static final int SECTOR = 4096;
    private static final int SECTORS = 8;

    private final long seed = System.nanoTime();
    private final FaultPlan plan = new FaultPlan().delay(0, 5).shortTransferRate(0.5);
    private final FaultyDisk disk = new FaultyDisk(CAPACITY, SECTOR, seed, plan);

    @Override
    protected BlockDevice openDevice() {
        return disk.open(DEPTH);
    }

    @Test
    void shouldKeepWhatWasSyncedThroughAPowerCut() {
        Slab slab = pool.tryAcquire();
        DeviceRig.fill(slab, 0, SECTORS * SECTOR, 1);
        assertEquals(SECTORS * SECTOR, rig.write(0, slab, 0, SECTORS * SECTOR));
        assertEquals(SECTORS, disk.volatileSectors());
        assertEquals(0, rig.sync());
        assertEquals(0, disk.volatileSectors());
        disk.cutPower();
        device = disk.open(DEPTH);
        Slab target = pool.tryAcquire();
        assertEquals(SECTORS * SECTOR, new DeviceRig(device).read(0, target, 0, SECTORS * SECTOR));
        assertTrue(DeviceRig.matches(target, 0, SECTORS * SECTOR, 1), "seed=" + seed);
    }

    @Test
    void shouldLoseAnySubsetOfWhatWasNotSynced() {
        Slab slab = pool.tryAcquire();
        boolean[] kept = new boolean[SECTORS];
        boolean[] lost = new boolean[SECTORS];
        DeviceRig.fill(slab, 0, SECTORS * SECTOR, 2);
        for (int round = 0; round < 100; round++) {
            FaultyDisk fresh = new FaultyDisk(CAPACITY, SECTOR, seed + round, new FaultPlan());
            try (BlockDevice old = fresh.open(DEPTH)) {
                new DeviceRig(old).write(0, slab, 0, SECTORS * SECTOR);
                fresh.cutPower();
            }
            for (int i = 0; i < SECTORS; i++) {
                boolean there = fresh.holds((long) i * SECTOR, slab.buffer(), i * SECTOR, SECTOR);
                kept[i] |= there;
                lost[i] |= !there;
            }
        }
        for (int i = 0; i < SECTORS; i++) {
            assertTrue(kept[i] && lost[i], "seed=" + seed + ", sector=" + i);
        }
    }

    @Test
    void shouldNotCoverWithASyncWhatWasNotPolledBefore() {
        Slab slab = pool.tryAcquire();
        DeviceRig.fill(slab, 0, SECTOR, 3);
        plan.delay(0, 0);
        assertTrue(device.queueWrite(1, 0, slab, 0, SECTOR));
        assertTrue(device.queueSync(2));
        rig.finish();
        assertEquals(SECTOR, rig.result(1));
        assertEquals(0, rig.result(2));
        assertEquals(1, disk.volatileSectors());
        assertEquals(0, rig.sync());
        assertEquals(0, disk.volatileSectors());
    }

    @Test
    void shouldLeaveSomeSectorsOfAWriteInFlight() {
        Slab slab = pool.tryAcquire();
        DeviceRig.fill(slab, 0, SLAB_LENGTH, 4);
        int kept = 0;
        for (int round = 0; round < 20; round++) {
            FaultyDisk fresh = new FaultyDisk(CAPACITY, SECTOR, seed + round, new FaultPlan().delay(100, 100));
            try (BlockDevice old = fresh.open(DEPTH)) {
                assertTrue(old.queueWrite(1, 0, slab, 0, SLAB_LENGTH));
                old.submit();
                fresh.cutPower();
                DeviceRig dying = new DeviceRig(old);
                dying.finish();
                assertEquals(-Errno.ENODEV, dying.result(1));
                assertEquals(-Errno.ENODEV, dying.sync());
            }
            for (int at = 0; at < SLAB_LENGTH; at += SECTOR) {
                kept += fresh.holds(at, slab.buffer(), at, SECTOR) ? 1 : 0;
            }
        }
        int all = 20 * SLAB_LENGTH / SECTOR;
        assertTrue(kept > all / 4 && kept < all * 3 / 4, "seed=" + seed + ", kept=" + kept + " of " + all);
    }

    @Test
    void shouldNotMakeDurableLaterWhatAFailedSyncDidNot() {
        Slab slab = pool.tryAcquire();
        DeviceRig.fill(slab, 0, SECTOR, 5);
        assertEquals(SECTOR, rig.write(0, slab, 0, SECTOR));
        plan.syncErrorRate(1);
        assertEquals(-Errno.EIO, rig.sync());
        plan.syncErrorRate(0);
        assertEquals(0, rig.sync());
        assertEquals(1, disk.volatileSectors());
        assertEquals(SECTOR, rig.write(0, slab, 0, SECTOR));
        assertEquals(0, rig.sync());
        assertEquals(0, disk.volatileSectors());
    }

    @Test
    void shouldFailAsPlanned() {
        Slab slab = pool.tryAcquire();
        DeviceRig.fill(slab, 0, SECTOR, 6);
        plan.full(true);
        assertEquals(-Errno.ENOSPC, rig.write(0, slab, 0, SECTOR));
        plan.full(false).writeErrorRate(1);
        assertEquals(-Errno.EIO, rig.write(0, slab, 0, SECTOR));
        plan.writeErrorRate(0).lostWriteRate(1);
        assertEquals(SECTOR, rig.write(SECTOR, slab, 0, SECTOR));
        assertFalse(disk.holds(SECTOR, slab.buffer(), 0, SECTOR));
        plan.lostWriteRate(0).writeCorruptionRate(1);
        assertEquals(SECTOR, rig.write(SECTOR, slab, 0, SECTOR));
        assertFalse(disk.holds(SECTOR, slab.buffer(), 0, SECTOR));
        plan.writeCorruptionRate(0);
        assertEquals(SECTOR, rig.write(SECTOR, slab, 0, SECTOR));
        assertTrue(disk.holds(SECTOR, slab.buffer(), 0, SECTOR));
        plan.readCorruptionRate(1);
        assertEquals(SECTOR, rig.read(SECTOR, slab, 0, SECTOR));
        assertFalse(DeviceRig.matches(slab, 0, SECTOR, 6));
        plan.readCorruptionRate(0).readErrorRate(1);
        assertEquals(-Errno.EIO, rig.read(SECTOR, slab, 0, SECTOR));
        plan.readErrorRate(0);
        assertEquals(SECTOR, rig.read(SECTOR, slab, 0, SECTOR));
        assertTrue(DeviceRig.matches(slab, 0, SECTOR, 6));
        disk.flipBit(SECTOR + 17, 3);
        assertFalse(disk.holds(SECTOR, slab.buffer(), 0, SECTOR));
        disk.flipBit(SECTOR + 17, 3);
        assertTrue(disk.holds(SECTOR, slab.buffer(), 0, SECTOR));
        plan.broken(true);
        assertEquals(-Errno.EIO, rig.sync());
        assertThrows(IllegalArgumentException.class, () -> plan.readErrorRate(1.5));
        assertThrows(IllegalStateException.class, () -> disk.open(1).close());
    }

    @Test
    void shouldReorderCompletionsTheSameWayForTheSameSeed() {
        List<Long> order = completionOrder(seed);
        assertEquals(order, completionOrder(seed), "seed=" + seed);
        boolean reordered = false;
        for (int i = 0; i < 20; i++) {
            reordered |= !completionOrder(seed + i).equals(List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L));
        }
        assertTrue(reordered, "seed=" + seed);
    }

    @Test
    void shouldFollowASimulatedClock() {
        long[] now = {1_000_000};
        plan.clock(() -> now[0]).delay(500_000, 500_000).shortTransferRate(0);
        Slab slab = pool.tryAcquire();
        assertTrue(device.queueWrite(1, 0, slab, 0, SECTOR));
        device.submit();
        for (int i = 0; i < 1000; i++) {
            assertEquals(0, device.poll((token, result) -> {}));
        }
        now[0] += 500_000;
        assertEquals(1, device.poll((token, result) -> assertEquals(SECTOR, result)));
    }

    private List<Long> completionOrder(long diskSeed) {
        List<Long> order = new ArrayList<>();
        Slab slab = pool.slab(0);
        FaultyDisk fresh = new FaultyDisk(CAPACITY, SECTOR, diskSeed, new FaultPlan().delay(0, 9));
        try (BlockDevice other = fresh.open(DEPTH)) {
            for (int i = 0; i < DEPTH; i++) {
                assertTrue(other.queueRead(i, 0, slab, 0, SECTOR));
            }
            other.submit();
            while (other.pending() > 0) {
                other.poll((token, result) -> order.add(token));
            }
        }
        return order;
    }
}

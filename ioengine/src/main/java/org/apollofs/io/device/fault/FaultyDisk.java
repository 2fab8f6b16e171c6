package org.apollofs.io.device.fault;

import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.agrona.DirectBuffer;
import org.apollofs.io.device.BlockDevice;
import org.apollofs.io.device.DeviceGeometry;
import org.apollofs.io.os.Libc;

/**
 * The medium of a disk in memory: it outlives the devices that are opened on it, and power cuts.
 *
 * <p>What is durable is exactly what {@link BlockDevice} promises: a write whose completion was polled before a sync was
 * queued that has completed with 0. Of all else, a power cut leaves any subset of sectors, each in any of the versions
 * written since. All chance comes from one seed, so one order of calls gives one result. One thread at a time.
 */
public final class FaultyDisk {
    private final DeviceGeometry geometry;
    private final FaultPlan plan;
    private final Random random;
    private final SectorStore sectors;
    private IntUnaryOperator foreignSync = Libc::fdatasync;
    private FaultyDevice device;

    /**
     * Makes a disk full of zeros.
     *
     * @param capacity bytes; memory is used only for what is written.
     * @param blockLength bytes of a sector, which is always written whole.
     * @param seed of all its faults.
     * @param plan how it fails; may be changed later.
     */
    public FaultyDisk(long capacity, int blockLength, long seed, FaultPlan plan) {
        this.geometry = new DeviceGeometry("faulty disk (seed=" + seed + ")", capacity, blockLength);
        this.plan = plan;
        this.random = new Random(seed);
        this.sectors = new SectorStore(blockLength);
    }

    /** What syncs other files, by descriptor: 0 or -errno. The kernel does, if nothing else is set. */
    public FaultyDisk foreignSync(IntUnaryOperator foreignSync) {
        this.foreignSync = foreignSync;
        return this;
    }

    /**
     * Opens the disk, as a process does at its start.
     *
     * @throws IllegalStateException if it is open: close the device, or cut the power.
     */
    public BlockDevice open(int queueDepth) {
        if (device != null && device.isAlive()) {
            throw new IllegalStateException("disk is open already: " + geometry.name());
        }
        device = new FaultyDevice(this, queueDepth);
        return device;
    }

    /**
     * Cuts the power: of each sector that was written and not made durable, some version stays. Operations of the open
     * device come back with -ENODEV, and so does all that is queued to it later.
     */
    public void cutPower() {
        if (device != null) {
            device.die();
        }
        sectors.settle(random);
    }

    /** Flips one bit of the medium, in all versions of its sector. */
    public void flipBit(long deviceOffset, int bit) {
        sectors.flipBit(deviceOffset, bit);
    }

    /** Flips a bit anywhere in a range of the medium. Returns the byte's offset. */
    public long flipSomeBit(long deviceOffset, long length) {
        long at = deviceOffset + (long) (random.nextDouble() * length);
        flipBit(at, random.nextInt(8));
        return at;
    }

    /** Sectors that a power cut could still take back. */
    public int volatileSectors() {
        return sectors.volatileCount();
    }

    /** Compares what a read would give with a buffer's bytes; the length is a multiple of the sector's. */
    public boolean holds(long deviceOffset, DirectBuffer expected, int offset, int length) {
        return sectors.holds(deviceOffset, expected, offset, length);
    }

    DeviceGeometry geometry() {
        return geometry;
    }

    FaultPlan plan() {
        return plan;
    }

    SectorStore sectors() {
        return sectors;
    }

    boolean happens(double rate) {
        return rate > 0 && random.nextDouble() < rate;
    }

    int choose(int bound) {
        return random.nextInt(bound);
    }

    long delay() {
        return plan.minDelay() + (long) (random.nextDouble() * (plan.maxDelay() - plan.minDelay() + 1));
    }

    int syncForeign(int fileDescriptor) {
        return foreignSync.applyAsInt(fileDescriptor);
    }
}

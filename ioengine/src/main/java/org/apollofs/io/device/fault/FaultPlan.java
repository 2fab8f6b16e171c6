package org.apollofs.io.device.fault;

import org.agrona.concurrent.NanoClock;

/**
 * How often a {@link FaultyDisk} fails, and how. Rates are chances from 0 to 1, of each operation if nothing else is said;
 * all are 0 at first, so that the disk is a good one. May be changed at any time by the thread that owns the device.
 */
public final class FaultPlan {
    private double readErrorRate;
    private double writeErrorRate;
    private double syncErrorRate;
    private double shortTransferRate;
    private double lostWriteRate;
    private double writeCorruptionRate;
    private double readCorruptionRate;
    private boolean full;
    private boolean broken;
    private long minDelay;
    private long maxDelay;
    private NanoClock clock;

    /** Reads that return EIO, with the slab half filled. */
    public FaultPlan readErrorRate(double rate) {
        readErrorRate = checked("readErrorRate", rate);
        return this;
    }

    double readErrorRate() {
        return readErrorRate;
    }

    /** Writes that return EIO, with any of their sectors written. */
    public FaultPlan writeErrorRate(double rate) {
        writeErrorRate = checked("writeErrorRate", rate);
        return this;
    }

    double writeErrorRate() {
        return writeErrorRate;
    }

    /** Syncs that return EIO. What they should have made durable is lost at the next power cut or not, sector by sector. */
    public FaultPlan syncErrorRate(double rate) {
        syncErrorRate = checked("syncErrorRate", rate);
        return this;
    }

    double syncErrorRate() {
        return syncErrorRate;
    }

    /** Transfers that are done in parts, with time for other operations and for a power cut between them. */
    public FaultPlan shortTransferRate(double rate) {
        shortTransferRate = checked("shortTransferRate", rate);
        return this;
    }

    double shortTransferRate() {
        return shortTransferRate;
    }

    /** Writes that succeed and never happened. */
    public FaultPlan lostWriteRate(double rate) {
        lostWriteRate = checked("lostWriteRate", rate);
        return this;
    }

    double lostWriteRate() {
        return lostWriteRate;
    }

    /** Writes of which one bit is flipped on the medium. */
    public FaultPlan writeCorruptionRate(double rate) {
        writeCorruptionRate = checked("writeCorruptionRate", rate);
        return this;
    }

    double writeCorruptionRate() {
        return writeCorruptionRate;
    }

    /** Reads of which one bit is flipped on the way, while the medium is good. */
    public FaultPlan readCorruptionRate(double rate) {
        readCorruptionRate = checked("readCorruptionRate", rate);
        return this;
    }

    double readCorruptionRate() {
        return readCorruptionRate;
    }

    /** While true, writes return ENOSPC, as on a thin-provisioned file system that is full. */
    public FaultPlan full(boolean full) {
        this.full = full;
        return this;
    }

    boolean full() {
        return full;
    }

    /** While true, everything returns EIO. */
    public FaultPlan broken(boolean broken) {
        this.broken = broken;
        return this;
    }

    boolean broken() {
        return broken;
    }

    /**
     * How long an operation takes from its submission: evenly from {@code min} to {@code max}, so that with more than one
     * value completions come in another order. In nanoseconds of the {@link #clock}, or without one in calls of poll.
     */
    public FaultPlan delay(long min, long max) {
        if (min < 0 || max < min) {
            throw new IllegalArgumentException("fault plan: min=" + min + ", max=" + max + " (0 <= min <= max)");
        }
        minDelay = min;
        maxDelay = max;
        return this;
    }

    long minDelay() {
        return minDelay;
    }

    long maxDelay() {
        return maxDelay;
    }

    /** The simulator's clock, or null to count calls of poll. */
    public FaultPlan clock(NanoClock clock) {
        this.clock = clock;
        return this;
    }

    NanoClock clock() {
        return clock;
    }

    private static double checked(String name, double rate) {
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException("fault plan: " + name + "=" + rate + " (0 to 1)");
        }
        return rate;
    }
}

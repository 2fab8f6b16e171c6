package org.apollofs.dataplane.repair;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.dataplane.stripe.SuspectChunks;

/** What a {@link RepairEngine} is made of. Set, then {@link #conclude()}. Owns nothing: all stays the caller's. */
public final class RepairContext {
    private RepairLanes lanes;
    private NamespaceView namespace;
    private PlacementTables placements;
    private NanoClock clock;
    private EpochClock epochClock;
    private SuspectChunks suspects = new SuspectChunks();
    private LongSupplier hostBytes = () -> 0;
    private JobStore jobs = JobStore.NONE;
    private int slabLength = 1 << 20;
    private int stripesAtOnce = 4;
    private int repairPercent = 20;
    private int backgroundPercent = 10;
    private long scrubPeriodMs = TimeUnit.DAYS.toMillis(14);
    private int surveyStripes = 1 << 19;
    private int queueCapacity = 1 << 16;
    private long retryNs = TimeUnit.SECONDS.toNanos(5);
    private long settleNs = TimeUnit.SECONDS.toNanos(1);
    private long patienceNs = TimeUnit.SECONDS.toNanos(60);

    /** The targets, and the way to them: required. */
    public RepairContext lanes(RepairLanes value) {
        lanes = value;
        return this;
    }

    /** What files refer to: required. */
    public RepairContext namespace(NamespaceView value) {
        namespace = value;
        return this;
    }

    /** Which targets hold a stripe: required. */
    public RepairContext placements(PlacementTables value) {
        placements = value;
        return this;
    }

    /** Time for rates and retries: required. */
    public RepairContext clock(NanoClock value) {
        clock = value;
        return this;
    }

    /** Time for the pace of the scrub: required. */
    public RepairContext epochClock(EpochClock value) {
        epochClock = value;
        return this;
    }

    /** Where readers report what they had to compute. */
    public RepairContext suspects(SuspectChunks value) {
        suspects = value;
        return this;
    }

    /** Bytes that hosts have read and written so far. Any number that grows with their load. */
    public RepairContext hostBytes(LongSupplier value) {
        hostBytes = value;
        return this;
    }

    /** Where the scrub keeps how far it is. */
    public RepairContext jobs(JobStore value) {
        jobs = value;
        return this;
    }

    /** Bytes of the longest chunk: a multiple of 4096. Default 1 MiB. */
    public RepairContext slabLength(int value) {
        slabLength = value;
        return this;
    }

    /** Stripes repaired at the same time, each with k+m+1 slabs. Default 4. */
    public RepairContext stripesAtOnce(int value) {
        stripesAtOnce = value;
        return this;
    }

    /** Least share of the bandwidth for repair while hosts read and write. Default 20. */
    public RepairContext repairPercent(int value) {
        repairPercent = value;
        return this;
    }

    /** Least share of the bandwidth for the scrub while hosts read and write. Default 10. */
    public RepairContext backgroundPercent(int value) {
        backgroundPercent = value;
        return this;
    }

    /** Time in which all is looked at once, in ms. Default 14 days; 0 for never. */
    public RepairContext scrubPeriodMs(long value) {
        scrubPeriodMs = value;
        return this;
    }

    /** Stripes that a survey holds in memory at a time, about 70 bytes each. */
    public RepairContext surveyStripes(int value) {
        surveyStripes = value;
        return this;
    }

    /** Stripes that may wait for repair: what is beyond is found by a further survey. */
    public RepairContext queueCapacity(int value) {
        queueCapacity = value;
        return this;
    }

    /** How long until what failed (no space, a target that is gone) is tried again, in ns. Default 5 s. */
    public RepairContext retryNs(long value) {
        retryNs = value;
        return this;
    }

    /** How long targets must have been there, or be known to be gone, before they are looked at, in ns. Default 1 s. */
    public RepairContext settleNs(long value) {
        settleNs = value;
        return this;
    }

    /** How long a target that does not answer is waited for before the site is looked at without it, in ns. Default 60 s. */
    public RepairContext patienceNs(long value) {
        patienceNs = value;
        return this;
    }

    /** Checks. @throws IllegalArgumentException naming what is missing or does not fit. */
    public RepairContext conclude() {
        require(lanes != null, "lanes is not set");
        require(namespace != null, "namespace is not set");
        require(placements != null, "placements is not set");
        require(clock != null, "clock is not set");
        require(epochClock != null, "epochClock is not set");
        require(stripesAtOnce > 0, "stripesAtOnce=" + stripesAtOnce + " (at least 1)");
        require(repairPercent >= 1 && repairPercent <= 100, "repairPercent=" + repairPercent + " (1 to 100)");
        require(
                backgroundPercent >= 1 && backgroundPercent <= 100,
                "backgroundPercent=" + backgroundPercent + " (1 to 100)");
        require(scrubPeriodMs >= 0, "scrubPeriodMs=" + scrubPeriodMs + " (at least 0)");
        require(surveyStripes > 0 && queueCapacity > 0, "surveyStripes and queueCapacity must be positive");
        return this;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException("repair context: " + what);
        }
    }

    RepairLanes lanes() {
        return lanes;
    }

    NamespaceView namespace() {
        return namespace;
    }

    PlacementTables placements() {
        return placements;
    }

    NanoClock clock() {
        return clock;
    }

    EpochClock epochClock() {
        return epochClock;
    }

    SuspectChunks suspects() {
        return suspects;
    }

    LongSupplier hostBytes() {
        return hostBytes;
    }

    JobStore jobs() {
        return jobs;
    }

    int slabLength() {
        return slabLength;
    }

    int stripesAtOnce() {
        return stripesAtOnce;
    }

    int repairPercent() {
        return repairPercent;
    }

    int backgroundPercent() {
        return backgroundPercent;
    }

    long scrubPeriodMs() {
        return scrubPeriodMs;
    }

    int surveyStripes() {
        return surveyStripes;
    }

    int queueCapacity() {
        return queueCapacity;
    }

    long retryNs() {
        return retryNs;
    }

    long settleNs() {
        return settleNs;
    }

    long patienceNs() {
        return patienceNs;
    }
}

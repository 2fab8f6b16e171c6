package org.apollofs.dataplane.repair;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Counts of what repair does, and its rate. One thread. */
final class RepairFigures {
    private static final long WINDOW_NS = TimeUnit.SECONDS.toNanos(1);

    private final Map<Integer, long[]> byTarget = new TreeMap<>();
    private Map<Integer, Long> missing = Map.of();
    private long chunksWritten;
    private long repairBytes;
    private long bytesMoved;
    private long stripesLooked;
    private long roundStartNs;
    private long roundDone;
    private long windowStartNs;
    private long windowBytes;
    private double rate;

    /** A repair begins. */
    void onRound(long nowNs) {
        roundStartNs = nowNs;
        roundDone = 0;
        windowStartNs = nowNs;
        windowBytes = repairBytes;
        rate = 0;
    }

    /** What a survey did not find, by target. */
    void onSurvey(Map<Integer, Long> missingByTarget) {
        missing = Map.copyOf(missingByTarget);
    }

    /** A stripe was looked at. @param isRepair else by the scrub. */
    void onEnd(StripeOperation operation, boolean isRepair) {
        stripesLooked++;
        bytesMoved += operation.bytesMoved();
        operation.damagedTargets().forEach(target -> of(target)[0]++);
        if (isRepair) {
            roundDone++;
            repairBytes += operation.bytesMoved();
        }
    }

    /** A chunk was written and acknowledged. */
    void onWritten(int target) {
        chunksWritten++;
        of(target)[1]++;
    }

    private long[] of(int target) {
        return byTarget.computeIfAbsent(target, key -> new long[2]);
    }

    /** Looks at the rate. */
    void tick(long nowNs) {
        long elapsed = nowNs - windowStartNs;
        if (elapsed >= WINDOW_NS) {
            double now = (repairBytes - windowBytes) * 1e9 / elapsed;
            rate = rate == 0 ? now : (rate + now) / 2;
            windowStartNs = nowNs;
            windowBytes = repairBytes;
        }
    }

    /** Bytes that repair has read and written. */
    long repairBytes() {
        return repairBytes;
    }

    RepairStatus.Progress progress(long nowNs, long left) {
        long elapsed = Math.max(1, nowNs - roundStartNs);
        double perSecond = roundDone * 1e9 / elapsed;
        long bytesPerSecond = left == 0 ? 0 : (long) (rate != 0 ? rate : (repairBytes - windowBytes) * 1e9 / elapsed);
        long seconds = left == 0 ? 0 : roundDone == 0 ? -1 : (long) Math.ceil(left / perSecond);
        return new RepairStatus.Progress(roundDone, left, bytesPerSecond, seconds);
    }

    RepairStatus.Counts counts(long suspects, long dropped, long takenBack) {
        return new RepairStatus.Counts(chunksWritten, bytesMoved, stripesLooked, suspects, dropped, takenBack);
    }

    Map<Integer, RepairStatus.TargetFindings> targets(int[] ids) {
        Map<Integer, RepairStatus.TargetFindings> findings = new TreeMap<>();
        for (int id : ids) {
            long[] found = byTarget.getOrDefault(id, new long[2]);
            findings.put(id, new RepairStatus.TargetFindings(missing.getOrDefault(id, 0L), found[0], found[1]));
        }
        return findings;
    }
}

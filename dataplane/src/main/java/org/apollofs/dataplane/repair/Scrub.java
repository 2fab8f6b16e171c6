package org.apollofs.dataplane.repair;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;

/**
 * Has every stripe of every file looked at within a period, evenly spread over it, file by file: what it hands out is read
 * and verified, and found fault with or not. It goes on where the last process was. One thread.
 *
 * <p>Wall time only paces it: a clock that jumps makes it slower or faster.
 */
final class Scrub {
    static final String JOB = "scrub";
    private static final int INODES_A_PAGE = 16;
    private static final long SAVE_EVERY_MS = TimeUnit.MINUTES.toMillis(1);

    private final NamespaceView namespace;
    private final PlacementTables placements;
    private final NanoClock clock;
    private final EpochClock epochClock;
    private final JobStore store;
    private final long periodMs;
    private final ArrayDeque<RepairItem> page = new ArrayDeque<>();
    private final Map<StripeName, RepairItem> gathered = new LinkedHashMap<>();
    private LiveScan scan;
    private long pageEnd;
    private JobRecord record;
    private long savedMs;

    /** @param periodMs in which all is looked at once; 0 for never. */
    Scrub(
            NamespaceView namespace,
            PlacementTables placements,
            NanoClock clock,
            EpochClock epochClock,
            JobStore store,
            long periodMs) {
        this.namespace = namespace;
        this.placements = placements;
        this.clock = clock;
        this.epochClock = epochClock;
        this.store = store;
        this.periodMs = periodMs;
        long now = epochClock.time();
        JobRecord saved = periodMs == 0 ? null : store.load(JOB);
        this.record = saved != null ? saved : new JobRecord(JOB, now, 0, 0, 0, 0);
        this.pageEnd = record.cursor();
        this.savedMs = now;
    }

    boolean isOn() {
        return periodMs > 0;
    }

    /** How far it is. */
    JobRecord record() {
        return record;
    }

    /**
     * The next stripe, if it is due.
     *
     * @param totalStripes of the site, as far as is known.
     * @return it, to be told of by {@link #onLooked}; or null.
     */
    RepairItem poll(long totalStripes) {
        if (!isOn() || !isDue(totalStripes)) {
            return null;
        }
        if (page.isEmpty()) {
            gather();
        }
        return page.poll();
    }

    private boolean isDue(long totalStripes) {
        double share = record.done() / (double) Math.max(1, totalStripes);
        return epochClock.time() - record.startedMs() >= Math.min(1, share) * periodMs;
    }

    private void gather() {
        if (pageEnd != record.cursor()) {
            record = with(pageEnd, record.done(), record.found());
        }
        if (scan == null) {
            scan = new LiveScan(namespace, placements, clock, this::onLive, record.cursor());
        }
        if (scan.advance(INODES_A_PAGE) == 0) {
            return;
        }
        page.addAll(gathered.values());
        gathered.clear();
        pageEnd = scan.afterInode();
        if (scan.isDone() && page.isEmpty()) {
            scan = null;
            pageEnd = 0;
            endPass();
        }
    }

    private void onLive(long session, long stripe, int placement, int dataMask, long bytes) {
        StripeName name = new StripeName(session, stripe);
        RepairItem before = gathered.computeIfAbsent(name, key -> RepairItem.suspect(key, placement, 0));
        gathered.put(name, before.with(dataMask, bytes));
    }

    /** All was looked at: begins anew, not before its time. */
    private void endPass() {
        long now = epochClock.time();
        long next = Math.max(now, record.startedMs() + periodMs);
        record = new JobRecord(JOB, next, 0, 0, 0, now);
        save();
    }

    private JobRecord with(long cursor, long done, long found) {
        return new JobRecord(JOB, record.startedMs(), cursor, done, found, record.lastEndedMs());
    }

    /** A stripe that was handed out was looked at. @param found chunks that are missing or bad. */
    void onLooked(int found) {
        record = with(record.cursor(), record.done() + 1, record.found() + found);
        if (epochClock.time() - savedMs >= SAVE_EVERY_MS) {
            save();
        }
    }

    /** Keeps how far it is. */
    void save() {
        if (isOn()) {
            store.save(record);
            savedMs = epochClock.time();
        }
    }
}

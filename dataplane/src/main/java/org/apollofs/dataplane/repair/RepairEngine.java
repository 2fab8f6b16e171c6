package org.apollofs.dataplane.repair;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.stripe.SuspectChunks;
import org.apollofs.namespace.client.PlacementTable;

/**
 * Keeps the redundancy of a site: finds chunks that are missing or bad and writes them anew from the others, under their own
 * names and to the places where they belong.
 *
 * <p>It looks at the site when it starts and whenever a target came or went ({@link Survey}); at stripes of which a reader
 * found a chunk missing or bad ({@link SuspectChunks}); and, slowly, at all ({@link Scrub}). Only stripes that files refer to
 * are repaired, fewest chunks left first. What cannot be written now (no space, a target that is gone) waits and is tried
 * again. A repair is over when a further survey finds nothing.
 *
 * <p>It has no state that must outlive it: what is missing is found again from the targets' own lists, so a process that ends
 * in the middle leaves chunks that are whole or none. An agent of one thread, which may wait for the namespace; figures,
 * {@link #pause} and {@link #resume} are for any thread. It is closed before its lanes.
 */
public final class RepairEngine implements Agent {
    private static final long PUBLISH_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long TRIM_NS = TimeUnit.SECONDS.toNanos(10);
    /** A site at which nothing seems to happen is looked at so often. */
    private static final long SURVEY_NS = TimeUnit.DAYS.toNanos(1);

    private static final int MAX_SUSPECTS = 4096;
    private static final int MAX_HOPELESS = 1000;
    private static final int HOPELESS_SHOWN = 10;

    private enum Phase {
        WATCHING,
        SURVEYING,
        CONFIRMING,
        REPAIRING,
        SETTLING
    }

    private final RepairContext context;
    private final NanoClock clock;
    private final RepairQueue queue;
    private final Operations operations;
    private final Aftermath aftermath;
    private final Scrub scrub;
    private final RepairFigures figures = new RepairFigures();
    private final BandwidthShare repairShare;
    private final BandwidthShare backgroundShare;
    private final ReachabilityWatch watch;
    private final Map<StripeName, RepairItem> suspects = new LinkedHashMap<>();
    private final Map<StripeName, RepairItem> confirming = new LinkedHashMap<>();
    private final ArrayDeque<RepairItem> blocked = new ArrayDeque<>();
    private final Map<Integer, Long> fullUntil = new HashMap<>();
    private final Map<StripeName, Hopeless> hopeless = new LinkedHashMap<>();
    /** A stripe that cannot be repaired. @param item as the redundancy counts it, or not. @param why one line. */
    private record Hopeless(RepairItem item, String why) {}

    private Phase phase = Phase.WATCHING;
    private Survey survey;
    private LiveScan scan;
    private Redundancy redundancy = Redundancy.NONE;
    private long surveyedMs;
    private boolean surveyAgain;
    private int roundProgress;
    private String blockedReason = "";
    private long retryAtNs;
    private long scanStartNs;
    private long nextConfirmNs;
    private long idleSinceNs;
    private long publishedNs;
    private long nextSurveyNs;
    private volatile boolean pausedByOperator;
    private volatile RepairStatus status;

    /** @param context is concluded here. */
    public RepairEngine(RepairContext context) {
        this.context = context.conclude();
        clock = context.clock();
        queue = new RepairQueue(context.queueCapacity());
        operations = new Operations(context);
        aftermath = new Aftermath(context.lanes());
        scrub = new Scrub(
                context.namespace(),
                context.placements(),
                clock,
                context.epochClock(),
                context.jobs(),
                context.scrubPeriodMs());
        repairShare = new BandwidthShare(clock, context.hostBytes(), context.repairPercent());
        backgroundShare = new BandwidthShare(
                clock, () -> context.hostBytes().getAsLong() + figures.repairBytes(), context.backgroundPercent());
        watch = new ReachabilityWatch(context.lanes(), clock, context.settleNs(), context.patienceNs());
        long now = clock.nanoTime();
        nextConfirmNs = now;
        retryAtNs = now;
        idleSinceNs = now;
        nextSurveyNs = now + SURVEY_NS;
        publish(now);
    }

    /** Figures of now, or of a moment ago. Any thread. */
    public RepairStatus status() {
        return status;
    }

    /** Begins nothing more until {@link #resume}. What is under way ends. Any thread. */
    public void pause() {
        pausedByOperator = true;
    }

    /** Goes on. Any thread. */
    public void resume() {
        pausedByOperator = false;
    }

    @Override
    public int doWork() {
        long now = clock.nanoTime();
        takeReports();
        Phase before = phase;
        int work = operations.advance(this::onEnd) + aftermath.advance(now, context.retryNs());
        if (!pausedByOperator) {
            work += switch (phase) {
                case WATCHING -> watch(now);
                case SURVEYING -> survey();
                case CONFIRMING -> confirm(now);
                case REPAIRING -> repair(now);
                case SETTLING -> settle();
            };
        }
        figures.tick(now);
        if (work > 0) {
            idleSinceNs = now;
        } else if (now - idleSinceNs >= TRIM_NS) {
            operations.trim();
        }
        if (before != phase || now - publishedNs >= PUBLISH_NS) {
            publish(now);
        }
        return work;
    }

    private void takeReports() {
        SuspectChunks.Suspect report =
                suspects.size() < MAX_SUSPECTS ? context.suspects().poll() : null;
        while (report != null) {
            suspect(RepairItem.suspect(
                    new StripeName(report.session(), report.stripe()), report.placement(), 1 << report.index()));
            report = suspects.size() < MAX_SUSPECTS ? context.suspects().poll() : null;
        }
    }

    private void suspect(RepairItem item) {
        suspects.merge(item.name(), item, (before, now) -> before.left(before.missing() | now.missing(), 0, false));
    }

    // ---- what to do next

    private int watch(long now) {
        if (watch.isDue() || now - nextSurveyNs >= 0) {
            beginSurvey();
        } else if (now - nextConfirmNs >= 0 && !suspects.isEmpty()) {
            confirming.putAll(suspects);
            suspects.clear();
            beginScan(Phase.CONFIRMING, now, this::onConfirmed);
        } else if (!aftermath.isEmpty() && operations.isEmpty()) {
            beginSettling(now);
        } else if (!blocked.isEmpty() && now - retryAtNs >= 0) {
            blocked.forEach(queue::add);
            blocked.clear();
            beginRound(now);
        } else {
            return lookAround();
        }
        return 1;
    }

    private void beginSurvey() {
        watch.onLooking();
        // The survey finds what is absent; what is bad, and waits, only we know of.
        for (RepairItem item : blocked) {
            if (item.unlisted()) {
                suspect(RepairItem.suspect(item.name(), item.placement(), item.missing()));
            }
        }
        blocked.clear();
        nextSurveyNs = clock.nanoTime() + SURVEY_NS;
        survey = new Survey(
                context.lanes(), context.namespace(), context.placements(), clock, context.surveyStripes(), queue);
        phase = Phase.SURVEYING;
    }

    private int survey() {
        int work = survey.advance();
        if (survey.isBroken()) {
            survey.close();
            queue.clear();
            watch.onFailed();
            phase = Phase.WATCHING;
        } else if (survey.isDone()) {
            surveyedMs = context.epochClock().time();
            redundancy = survey.redundancy();
            figures.onSurvey(survey.missingByTarget());
            survey.close();
            if (queue.isEmpty()) {
                phase = Phase.WATCHING;
            } else {
                beginRound(clock.nanoTime());
                surveyAgain = true;
            }
        }
        return work;
    }

    private void beginScan(Phase next, long now, LiveScan.Visitor visitor) {
        scanStartNs = now;
        scan = new LiveScan(context.namespace(), context.placements(), clock, visitor);
        phase = next;
    }

    private void onConfirmed(long session, long stripe, int placement, int dataMask, long bytes) {
        confirming.computeIfPresent(new StripeName(session, stripe), (name, item) -> item.with(dataMask, bytes));
    }

    /** Of what is suspected, what files refer to: the rest was deleted. */
    private int confirm(long now) {
        int work = scan.advance();
        if (scan.isDone()) {
            for (RepairItem item : confirming.values()) {
                if (item.referenced() != 0) {
                    int parity = context.placements().table(item.placement()).parityChunks();
                    queue.add(item.left(item.missing(), Math.max(0, parity - 1), false));
                }
            }
            confirming.clear();
            onScanned(now);
            beginRound(now);
        }
        return work;
    }

    /** On a large site the scan for a few chunks takes long: it is not made all the time. */
    private void onScanned(long now) {
        nextConfirmNs = now + Math.max(context.settleNs(), 5 * (now - scanStartNs));
    }

    private void beginSettling(long now) {
        aftermath.beginScan();
        confirming.clear();
        beginScan(Phase.SETTLING, now, (session, stripe, placement, dataMask, bytes) -> {
            StripeName name = new StripeName(session, stripe);
            aftermath.onLive(name);
            if (hopeless.containsKey(name)) {
                confirming.putIfAbsent(name, RepairItem.suspect(name, placement, 0));
            }
        });
    }

    private int settle() {
        int work = scan.advance();
        if (scan.isDone()) {
            aftermath.endScan();
            forgetDeleted();
            confirming.clear();
            phase = Phase.WATCHING;
            if (surveyAgain) {
                surveyAgain = false;
                beginSurvey();
            }
        }
        return work;
    }

    /** Of a stripe that no file refers to any more nothing is hopeless. */
    private void forgetDeleted() {
        for (Hopeless entry : List.copyOf(hopeless.values())) {
            RepairItem item = entry.item();
            if (!confirming.containsKey(item.name())) {
                hopeless.remove(item.name());
                recount(item, context.placements().table(item.placement()), 0);
            }
        }
    }

    // ---- repair

    private void beginRound(long now) {
        roundProgress = 0;
        surveyAgain = false;
        figures.onRound(now);
        phase = Phase.REPAIRING;
    }

    private int repair(long now) {
        int work = 0;
        while (operations.size() < repairShare.atOnce(context.stripesAtOnce()) && repairShare.mayBegin()) {
            RepairItem item = queue.poll();
            if (item == null) {
                break;
            }
            if (isBlocked(item, now)) {
                block(item, blockedReason, now);
            } else if (!operations.tryBegin(item, true)) {
                queue.add(item);
                break;
            } else {
                work++;
            }
        }
        if (queue.isEmpty() && operations.isEmpty()) {
            endRound(now);
            work++;
        }
        return work;
    }

    /** Whether no target that lacks a chunk of it could take one now. */
    private boolean isBlocked(RepairItem item, long now) {
        int[] group =
                context.placements().table(item.placement()).group(item.name().stripe());
        for (int rest = item.missing(); rest != 0; rest &= rest - 1) {
            int target = group[Integer.numberOfTrailingZeros(rest)];
            Long until = fullUntil.get(target);
            if (context.lanes().isReachable(target) && (until == null || now - until >= 0)) {
                return false;
            }
        }
        return item.missing() != 0;
    }

    private void block(RepairItem item, String reason, long now) {
        if (blocked.isEmpty()) {
            retryAtNs = now + context.retryNs();
        }
        if (blocked.size() < context.queueCapacity()) {
            blocked.add(item);
        }
        blockedReason = reason;
    }

    private void endRound(long now) {
        boolean again = surveyAgain && roundProgress > 0;
        surveyAgain = again;
        if (!aftermath.isEmpty() || !hopeless.isEmpty()) {
            beginSettling(now);
        } else if (again) {
            surveyAgain = false;
            beginSurvey();
        } else {
            phase = Phase.WATCHING;
        }
    }

    private void onEnd(StripeOperation operation) {
        boolean isScrub = !operation.mayWrite();
        RepairItem item = operation.item();
        figures.onEnd(operation, !isScrub);
        (isScrub ? backgroundShare : repairShare).onMoved(operation.bytesMoved());
        if (isScrub) {
            scrub.onLooked(operation.lost());
            if (operation.outcome() == StripeOperation.Outcome.TO_REPAIR) {
                suspect(item.left(operation.leftMask(), 0, false));
            }
            return;
        }
        onRepaired(operation, item);
    }

    private void onRepaired(StripeOperation operation, RepairItem item) {
        long now = clock.nanoTime();
        PlacementTable table = operation.table();
        int[] group = table.group(item.name().stripe());
        for (int rest = operation.acknowledgedMask(); rest != 0; rest &= rest - 1) {
            figures.onWritten(group[Integer.numberOfTrailingZeros(rest)]);
            roundProgress++;
        }
        if (operation.writtenMask() != 0) {
            aftermath.onWritten(item.name(), operation.writtenMask(), group);
        }
        if (operation.fullTarget() >= 0) {
            fullUntil.put(operation.fullTarget(), now + context.retryNs());
        }
        Hopeless before = hopeless.remove(item.name());
        RepairItem counted = before != null && before.item().counted() ? before.item() : item;
        switch (operation.outcome()) {
            case WHOLE, REPAIRED, GONE -> recount(counted, table, 0);
            case WAITING -> {
                RepairItem left = recount(counted, table, operation.leftMask());
                block(left.unlisted(operation.hasBadChunks()), operation.note(), now);
            }
            case HOPELESS -> {
                // The redundancy counts it as the survey found it, if it did; here it stands for itself.
                if (hopeless.size() < MAX_HOPELESS) {
                    hopeless.put(item.name(), new Hopeless(counted, operation.note()));
                }
            }
            case TO_REPAIR -> throw new IllegalStateException("a repair that may not write: " + item);
        }
    }

    /** Notes how much of a stripe is missing now. @return the item as it is now. */
    private RepairItem recount(RepairItem item, PlacementTable table, int missing) {
        int parity = table.parityChunks();
        if (item.counted()) {
            redundancy = redundancy.with(item.spare(), parity, -1, -item.bytes());
        }
        int spare = parity - Integer.bitCount(missing);
        if (missing != 0) {
            redundancy = redundancy.with(spare, parity, 1, item.bytes());
        }
        return item.left(missing, Math.max(0, spare), missing != 0);
    }

    // ---- scrub

    private int lookAround() {
        if (!operations.isEmpty() || surveyedMs == 0 || !backgroundShare.mayBegin()) {
            return 0;
        }
        RepairItem item = scrub.poll(redundancy.stripes());
        if (item == null) {
            return 0;
        }
        return operations.tryBegin(item, false) ? 1 : 0;
    }

    // ---- status

    private void publish(long now) {
        publishedNs = now;
        int left = queue.size() + blocked.size() + (phase == Phase.REPAIRING ? operations.size() : 0);
        status = new RepairStatus(
                state(),
                reason(),
                surveyedMs,
                redundancy,
                figures.progress(now, left),
                figures.counts(context.suspects().reported(), context.suspects().dropped(), aftermath.takenBack()),
                figures.targets(context.lanes().targetIds()),
                hopeless.values().stream()
                        .map(Hopeless::why)
                        .limit(HOPELESS_SHOWN)
                        .toList(),
                scrub.isOn() ? scrub.record() : null);
    }

    private JobState state() {
        if (pausedByOperator) {
            return JobState.PAUSED;
        }
        if (phase == Phase.REPAIRING) {
            return JobState.RUNNING;
        }
        if (surveyedMs == 0 || phase == Phase.SURVEYING || surveyAgain) {
            return JobState.PLANNING;
        }
        if (!blocked.isEmpty()
                || (redundancy.stripesAtRisk() > 0 && !absentTargets().isEmpty())) {
            return JobState.PAUSED;
        }
        return redundancy.stripesAtRisk() > 0 || !hopeless.isEmpty() ? JobState.FAILED : JobState.DONE;
    }

    private String reason() {
        if (pausedByOperator) {
            return "paused by an operator";
        }
        return switch (state()) {
            case PLANNING, RUNNING, DONE -> "";
            case PAUSED -> {
                List<Integer> absent = absentTargets();
                yield blocked.isEmpty() || blockedReason == null || !absent.isEmpty()
                        ? "waits for what is not there: targets " + absent
                        : blockedReason;
            }
            case FAILED -> "too few chunks are there, or they contradict each other";
        };
    }

    private List<Integer> absentTargets() {
        TreeSet<Integer> absent = new TreeSet<>();
        for (int target : context.lanes().targetIds()) {
            if (!context.lanes().isReachable(target)) {
                absent.add(target);
            }
        }
        return new ArrayList<>(absent);
    }

    @Override
    public String roleName() {
        return "repair";
    }

    /** Ends what is under way, where it is. Memory that a lane may still write into is freed with the last answer. */
    @Override
    public void onClose() {
        scrub.save();
        if (survey != null) {
            survey.close();
        }
        operations.close();
    }
}

package org.apollofs.dataplane.repair;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.dataplane.stripe.AbandonedStripes;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.namespace.client.FreedRun;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceException;

/**
 * Deletes the chunks of stripes that no file refers to any more: runs that the namespace has freed, which it is told of
 * when all targets have deleted them, and stripes of this host that the namespace never heard of.
 *
 * <p>An agent of its own thread, as it waits for the namespace; the host agent must run beside it. A target that does not
 * answer delays the runs it holds chunks of and no others: they are tried again later. Idle, it asks the namespace a few
 * times a second; {@link #trigger()} makes it look at once.
 */
public final class GarbageCollector implements Agent {
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long RETRY_NS = TimeUnit.SECONDS.toNanos(2);
    private static final int RUNS = 256;
    private static final int STRIPES = 256;
    /** Fewer than a lane takes, so that reads and writes find room beside. */
    private static final int REQUESTS = 32;

    private final Namespace namespace;
    private final Targets targets;
    private final PlacementTables placements;
    private final AbandonedStripes abandoned;
    private final NanoClock clock;
    private final ArrayDeque<Work> waiting = new ArrayDeque<>();
    private final ArrayDeque<Work> failed = new ArrayDeque<>();
    private final Set<Long> known = new HashSet<>();
    private final List<FreedRun> done = new ArrayList<>();
    private Work current;
    private StripeDeletion deletion;
    private long nextLookNs;
    private long retryNs;
    private volatile boolean triggered = true;
    private volatile Status status = new Status(0, 0, 0, 0, 0, null);

    /** What is to be deleted. @param run as the namespace knows it, or null for an abandoned stripe. */
    private record Work(FreedRun run, long session, long firstStripe, long stripeCount, int placement) {}

    /**
     * Figures.
     *
     * @param stripesDeleted stripes gone from all their targets.
     * @param chunksDeleted chunks that targets have deleted.
     * @param waiting runs and stripes to be deleted.
     * @param delayed those of them that a target did not delete when asked.
     * @param failures times that a deletion or the namespace failed.
     * @param lastFailure one line, or null.
     */
    public record Status(
            long stripesDeleted, long chunksDeleted, int waiting, int delayed, long failures, String lastFailure) {}

    /**
     * @param namespace to ask and tell. @param targets lanes of this host.
     * @param abandoned stripes of this host that the namespace does not know.
     */
    public GarbageCollector(
            Namespace namespace,
            Targets targets,
            PlacementTables placements,
            AbandonedStripes abandoned,
            NanoClock clock) {
        this.namespace = namespace;
        this.targets = targets;
        this.placements = placements;
        this.abandoned = abandoned;
        this.clock = clock;
        this.nextLookNs = clock.nanoTime();
    }

    /** Something was freed, or space is wanted: look at once. Any thread. */
    public void trigger() {
        triggered = true;
    }

    /** Figures. Any thread. */
    public Status status() {
        return status;
    }

    @Override
    public int doWork() {
        try {
            if (current == null) {
                begin();
            }
            return current == null ? 0 : advance();
        } catch (NamespaceException e) {
            nextLookNs = clock.nanoTime() + RETRY_NS;
            onFailure("namespace: " + e.error() + ": " + e.getMessage());
            return 0;
        }
    }

    private void begin() {
        current = waiting.poll();
        if (current == null) {
            acknowledge();
            look();
            current = waiting.poll();
        }
        if (current != null) {
            deletion = new StripeDeletion(
                    targets,
                    placements.table(current.placement()),
                    current.session(),
                    current.firstStripe(),
                    current.stripeCount());
        }
    }

    private void look() {
        while (waiting.size() < STRIPES && !abandoned.isEmpty()) {
            AbandonedStripes.Abandoned stripe = abandoned.poll();
            waiting.add(new Work(null, targets.session(), stripe.stripe(), 1, stripe.placement()));
        }
        long now = clock.nanoTime();
        if (!failed.isEmpty() && now - retryNs >= 0) {
            waiting.addAll(failed);
            failed.clear();
        }
        if (!triggered && now - nextLookNs < 0) {
            return;
        }
        triggered = false;
        nextLookNs = now + INTERVAL_NS;
        // The oldest come first, and those that a target delays stay: look beyond them.
        List<FreedRun> runs = namespace.freedRuns(known.size() + RUNS);
        for (FreedRun run : runs) {
            if (known.add(run.sequence())) {
                waiting.add(new Work(run, run.session(), run.firstStripe(), run.stripeCount(), run.placement()));
            }
        }
        if (runs.size() == known.size() + RUNS) {
            triggered = true;
        }
    }

    private int advance() {
        StripeDeletion.State state = deletion.advance(REQUESTS);
        if (state == StripeDeletion.State.RUNNING) {
            return 0;
        }
        if (state == StripeDeletion.State.FAILED) {
            retryNs = clock.nanoTime() + RETRY_NS;
            failed.add(current);
            onFailure("delete failed: session=" + current.session() + ", stripe=" + current.firstStripe() + ", "
                    + deletion.failure());
        } else if (current.run() != null) {
            done.add(current.run());
        }
        count(state == StripeDeletion.State.DONE ? current.stripeCount() : 0, deletion.deleted());
        current = null;
        deletion = null;
        if (done.size() >= RUNS) {
            acknowledge();
        }
        return 1;
    }

    private void acknowledge() {
        if (done.isEmpty()) {
            return;
        }
        List<FreedRun> acknowledged = List.copyOf(done);
        namespace.acknowledgeFreed(acknowledged);
        for (FreedRun run : acknowledged) {
            known.remove(run.sequence());
        }
        done.clear();
        triggered = true;
    }

    private void count(long stripes, long chunks) {
        Status before = status;
        status = new Status(
                before.stripesDeleted() + stripes,
                before.chunksDeleted() + chunks,
                waiting.size() + failed.size(),
                failed.size(),
                before.failures(),
                before.lastFailure());
    }

    private void onFailure(String message) {
        Status before = status;
        status = new Status(
                before.stripesDeleted(),
                before.chunksDeleted(),
                waiting.size() + failed.size(),
                failed.size(),
                before.failures() + 1,
                message);
    }

    @Override
    public String roleName() {
        return "garbage";
    }
}

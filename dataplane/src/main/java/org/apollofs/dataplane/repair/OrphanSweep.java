package org.apollofs.dataplane.repair;

import java.util.List;
import java.util.function.LongPredicate;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.Namespace;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.transport.ChunkAddress;

/**
 * Finds and deletes the chunks of sessions that have ended which no file refers to: what a killed host had written and
 * not committed. Run once after a start, on the garbage thread; {@link #isDone()} says when it is through.
 *
 * <p>Safe beside writers: a session that has ended commits nothing any more, so what no file refers to now never will be.
 * First the namespace's extents are gathered, then each target lists its chunks. A target that is not connected is waited
 * for; the others are swept meanwhile.
 */
public final class OrphanSweep implements Agent {
    private static final int INODES_A_PAGE = 1000;

    private final Namespace namespace;
    private final PlacementTables placements;
    private final LongPredicate hasEnded;
    private final LiveStripes live = new LiveStripes();
    private final TargetSweep[] sweeps;
    private long lastInode;
    private boolean gathered;
    private volatile boolean done;

    /** @param hasEnded whether a session can commit nothing any more. Never true of this host's own. */
    public OrphanSweep(
            Namespace namespace, Targets targets, PlacementTables placements, LongPredicate hasEnded, NanoClock clock) {
        this.namespace = namespace;
        this.placements = placements;
        this.hasEnded = hasEnded;
        int[] ids = targets.ids();
        sweeps = new TargetSweep[ids.length];
        for (int i = 0; i < ids.length; i++) {
            sweeps[i] = new TargetSweep(targets, ids[i], clock, this::isOrphan);
        }
    }

    private boolean isOrphan(ChunkAddress chunk) {
        return hasEnded.test(chunk.session()) && !live.contains(chunk.session(), chunk.stripe());
    }

    /** Whether all targets were swept. */
    public boolean isDone() {
        return done;
    }

    /** Chunks deleted so far. */
    public long deleted() {
        long deleted = 0;
        for (TargetSweep sweep : sweeps) {
            deleted += sweep.deleted();
        }
        return deleted;
    }

    /** Chunks that targets did not delete when asked: the next start finds them again. */
    public long failed() {
        long failed = 0;
        for (TargetSweep sweep : sweeps) {
            failed += sweep.failed();
        }
        return failed;
    }

    @Override
    public int doWork() {
        if (done) {
            return 0;
        }
        if (!gathered) {
            return gather();
        }
        int work = 0;
        boolean all = true;
        for (TargetSweep sweep : sweeps) {
            work += sweep.advance();
            all &= sweep.isDone();
        }
        done = all;
        return work;
    }

    private int gather() {
        long[] last = {lastInode};
        List<Extent> extents;
        try {
            extents = namespace.liveExtents(lastInode, INODES_A_PAGE, last);
        } catch (NamespaceException e) {
            // No leader now: again in the next cycle. Nothing is deleted before all extents are known.
            return 0;
        }
        for (Extent extent : extents) {
            live.add(extent, placements.table(extent.placement()).dataChunks());
        }
        gathered = last[0] == lastInode;
        lastInode = last[0];
        return 1;
    }

    @Override
    public String roleName() {
        return "orphan-sweep";
    }
}

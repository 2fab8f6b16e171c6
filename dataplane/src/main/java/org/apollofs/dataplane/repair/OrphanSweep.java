package org.apollofs.dataplane.repair;

import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.NamespaceException;
import org.apollofs.namespace.client.OpenSessions;

/**
 * Finds and deletes the chunks of sessions that have ended which no file refers to: what a killed host had written and not committed.
 * After a start, on the garbage thread; {@link #isDone()} says when it is through.
 *
 * <p>Nothing is deleted because it is not found somewhere. The namespace must say that the session has ended, and what all files refer to
 * ({@link SweepProof}); each target must have been last used by that namespace, in no later generation ({@link SweepContext.Witness}). A
 * chunk is deleted only when two such proofs with a delay between them both say that it is dead. If more than a part of a target's chunks
 * are dead, none of them is deleted before an operator has confirmed it: a mistake of ours would look like that.
 *
 * <p>A target that is not connected is waited for; the others are swept meanwhile.
 */
public final class OrphanSweep implements Agent {
    private static final int INODES_A_PAGE = 1000;

    private final SweepContext ctx;
    private final TargetSweep[] sweeps;
    private OpenSessions sessions;
    private LiveStripes live;
    private long lastInode;
    private volatile boolean isConfirmed;
    private volatile Status status = new Status(false, 0, 0, List.of());

    /**
     * Figures.
     *
     * @param done whether all targets were swept.
     * @param deleted chunks deleted so far.
     * @param failed chunks that targets did not delete when asked: they are asked again.
     * @param waiting a line for each target whose dead chunks wait to be confirmed, or that is not swept.
     */
    public record Status(boolean done, long deleted, long failed, List<String> waiting) {
        /** Copies the list. */
        public Status {
            waiting = List.copyOf(waiting);
        }
    }

    /** @param context concluded here. */
    public OrphanSweep(SweepContext context) {
        ctx = context.conclude();
        int[] ids = ctx.targets().ids();
        sweeps = new TargetSweep[ids.length];
        for (int i = 0; i < ids.length; i++) {
            sweeps[i] = new TargetSweep(ctx, ids[i]);
        }
    }

    /** Whether all targets were swept. */
    public boolean isDone() {
        return status.done();
    }

    /** Chunks deleted so far. */
    public long deleted() {
        return status.deleted();
    }

    /** Figures. Any thread. */
    public Status status() {
        return status;
    }

    /** An operator says that what is dead is dead, however much it is. Any thread. */
    public void confirm() {
        isConfirmed = true;
    }

    @Override
    public int doWork() {
        if (status.done()) {
            return 0;
        }
        int work = prove();
        for (TargetSweep sweep : sweeps) {
            work += sweep.advance();
        }
        if (work > 0) {
            report();
        }
        return work;
    }

    /** Makes a proof, a step a cycle, if a target waits for one. */
    private int prove() {
        try {
            if (live == null) {
                return begin();
            }
            return gather();
        } catch (NamespaceException e) {
            // No leader now: again in the next cycle. Nothing is deleted without a whole proof.
            return 0;
        }
    }

    private int begin() {
        boolean isWanted = false;
        for (TargetSweep sweep : sweeps) {
            isWanted |= sweep.wantsProof(isConfirmed);
        }
        if (!isWanted) {
            return 0;
        }
        // Before the extents: what is committed until then is seen, and nothing is committed after.
        sessions = ctx.namespace().sessions();
        if (!sessions.identity().isKnown()) {
            return 0;
        }
        live = new LiveStripes();
        lastInode = 0;
        return 1;
    }

    private int gather() {
        long[] last = {lastInode};
        for (Extent extent : ctx.namespace().liveExtents(lastInode, INODES_A_PAGE, last)) {
            live.add(extent, ctx.placements().table(extent.placement()).dataChunks());
        }
        if (last[0] != lastInode) {
            lastInode = last[0];
            return 1;
        }
        SweepProof proof = new SweepProof(sessions, live);
        live = null;
        for (TargetSweep sweep : sweeps) {
            sweep.take(proof, isConfirmed);
        }
        return 1;
    }

    private void report() {
        boolean isDone = true;
        long deleted = 0;
        long failed = 0;
        List<String> waiting = new ArrayList<>();
        for (TargetSweep sweep : sweeps) {
            isDone &= sweep.isDone();
            deleted += sweep.deleted();
            failed += sweep.failed();
            if (sweep.note() != null) {
                waiting.add(sweep.note());
            }
        }
        status = new Status(isDone, deleted, failed, waiting);
    }

    @Override
    public String roleName() {
        return "orphan-sweep";
    }
}

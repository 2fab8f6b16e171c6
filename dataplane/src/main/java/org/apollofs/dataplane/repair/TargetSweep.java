package org.apollofs.dataplane.repair;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.NamespaceIdentity;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;
import org.apollofs.transport.TargetStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sweeps one target, in rounds. A round takes a proof and lists the target's chunks: those that are dead by it are remembered, and
 * deleted if the round before had found them dead too. It ends when a round finds nothing that is dead, or may be later. Driven by the
 * garbage thread; answers come on the host agent's, while nothing else is under way but deletes.
 */
final class TargetSweep implements RequestListener {
    private static final Logger LOG = LoggerFactory.getLogger(TargetSweep.class);
    private static final int DELETES = 16;
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(500);
    /** Of a target's room: so little may always be deleted, or a site that holds next to nothing would ask each time. */
    private static final int ALWAYS_SHARE = 64;

    /** Where it stands. */
    private enum State {
        /** Until the next proof is wanted. */
        RESTING,
        /** A page of chunks is looked at after the other, and dead ones among them deleted. */
        LISTING,
        DONE
    }

    private final SweepContext ctx;
    private final Targets targets;
    private final int target;
    private final ArrayDeque<ChunkAddress> orphans = new ArrayDeque<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final AtomicLong deleted = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    /** Set by the answer before it is counted as come. */
    private List<ChunkAddress> page;

    private long nextCursor;
    private State state = State.RESTING;
    private SweepProof proof;
    /** Whether what is dead is more than may be deleted without being confirmed. */
    private boolean isBlocked;
    /** Dead in the round before. */
    private LiveStripes deadBefore = new LiveStripes();
    // Of this round.
    private LiveStripes dead;
    private long chunks;
    private long chunksDead;
    private long chunksUndecided;
    private long failedBefore;

    private boolean isListing;
    private boolean isListedWhole;
    private long cursor;
    private long notBeforeNs;
    private String note;

    TargetSweep(SweepContext ctx, int target) {
        this.ctx = ctx;
        this.targets = ctx.targets();
        this.target = target;
        this.notBeforeNs = ctx.clock().nanoTime();
    }

    boolean isDone() {
        return state == State.DONE;
    }

    long deleted() {
        return deleted.get();
    }

    long failed() {
        return failed.get();
    }

    /** What an operator should know; null if there is nothing. */
    String note() {
        return note;
    }

    /** Whether its next round can begin. */
    boolean wantsProof(boolean isConfirmed) {
        return state == State.RESTING && targets.status(target) != null && (isBlocked ? isConfirmed : isDue());
    }

    private boolean isDue() {
        return ctx.clock().nanoTime() - notBeforeNs >= 0;
    }

    /** Begins a round, if it is time. */
    void take(SweepProof given, boolean isConfirmed) {
        if (!wantsProof(isConfirmed)) {
            return;
        }
        NamespaceIdentity identity = given.sessions().identity();
        if (!ctx.witness().accepts(target, identity)) {
            // Nobody who may say so says that anything on it is dead.
            say("target=" + target + ": not swept: it was last used by another namespace, or a later generation");
            state = State.DONE;
            return;
        }
        proof = given;
        isBlocked = false;
        say(null);
        dead = new LiveStripes();
        chunks = 0;
        chunksDead = 0;
        chunksUndecided = 0;
        failedBefore = failed.get();
        cursor = 0;
        isListedWhole = false;
        notBeforeNs = ctx.clock().nanoTime();
        state = State.LISTING;
    }

    private boolean isTooMuch() {
        TargetStatus status = targets.status(target);
        double share = chunks == 0 ? 0 : (double) chunksDead / chunks;
        double bytesDead = share * (status.capacityBytes() - status.freeBytes());
        return share * 100 > ctx.limitPercent() && bytesDead > (double) status.capacityBytes() / ALWAYS_SHARE;
    }

    private void say(String line) {
        if (line != null && !line.equals(note)) {
            LOG.warn("orphan sweep: {}", line);
        }
        note = line;
    }

    /** Does what can be done now. @return work done. */
    int advance() {
        if (state != State.LISTING || !isDue()) {
            return 0;
        }
        if (!orphans.isEmpty()) {
            return delete();
        }
        if (unanswered.get() > 0) {
            return 0;
        }
        if (isListing) {
            takePage();
            return 1;
        }
        if (isListedWhole) {
            endRound();
            return 1;
        }
        return list();
    }

    private void endRound() {
        deadBefore = dead;
        proof = null;
        if (chunksDead == 0 && chunksUndecided == 0 && failed.get() == failedBefore) {
            state = State.DONE;
            return;
        }
        isBlocked = isTooMuch();
        if (isBlocked) {
            say("target=" + target + ": " + chunksDead + " of " + chunks + " chunks are dead, more than "
                    + ctx.limitPercent() + "%: not deleted until it is confirmed");
        }
        notBeforeNs = ctx.clock().nanoTime() + ctx.delayNs();
        state = State.RESTING;
    }

    private int delete() {
        int sent = 0;
        while (!orphans.isEmpty() && unanswered.get() < DELETES) {
            ChunkAddress orphan = orphans.peek();
            unanswered.incrementAndGet();
            long status = targets.deleteChunk(target, this, orphan.session(), orphan.stripe(), orphan.index());
            if (status != Lane.SENT) {
                unanswered.decrementAndGet();
                notBeforeNs = ctx.clock().nanoTime() + (status == Lane.BACK_PRESSURED ? 0 : RETRY_NS);
                return sent;
            }
            orphans.remove();
            sent++;
        }
        return sent;
    }

    private int list() {
        page = null;
        isListing = true;
        unanswered.incrementAndGet();
        if (targets.listChunks(target, this, cursor) != Lane.SENT) {
            unanswered.decrementAndGet();
            isListing = false;
            notBeforeNs = ctx.clock().nanoTime() + RETRY_NS;
            return 0;
        }
        return 1;
    }

    private void takePage() {
        isListing = false;
        if (page == null) {
            // It failed: the same page again, later.
            notBeforeNs = ctx.clock().nanoTime() + RETRY_NS;
            return;
        }
        for (ChunkAddress chunk : page) {
            look(chunk);
        }
        cursor = nextCursor;
        isListedWhole = nextCursor == 0;
    }

    private void look(ChunkAddress chunk) {
        chunks++;
        long session = chunk.session();
        long stripe = chunk.stripe();
        if (proof.isUndecided(session, stripe)) {
            chunksUndecided++;
        } else if (proof.isDead(session, stripe)) {
            if (deadBefore.contains(session, stripe)) {
                orphans.add(chunk);
            } else {
                chunksDead++;
                dead.add(session, stripe, stripe + 1);
            }
        }
    }

    @Override
    public void onChunkList(int targetId, List<ChunkAddress> found, long next) {
        page = List.copyOf(found);
        nextCursor = next;
        unanswered.decrementAndGet();
    }

    @Override
    public void onChunkDeleted(int targetId, int index) {
        deleted.incrementAndGet();
        unanswered.decrementAndGet();
    }

    @Override
    public void onError(int targetId, int index, ErrorCode code, String message, Slab slab) {
        failed.incrementAndGet();
        unanswered.decrementAndGet();
    }
}

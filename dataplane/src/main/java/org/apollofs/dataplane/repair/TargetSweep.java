package org.apollofs.dataplane.repair;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.dataplane.stripe.Targets;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * Sweeps one target: a page of its chunks, the orphans among them deleted, the next page. Driven by the garbage thread;
 * answers come on the host agent's, while nothing else is under way but deletes.
 */
final class TargetSweep implements RequestListener {
    private static final int DELETES = 16;
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Targets targets;
    private final int target;
    private final NanoClock clock;
    private final Predicate<ChunkAddress> isOrphan;
    private final ArrayDeque<ChunkAddress> orphans = new ArrayDeque<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final AtomicLong deleted = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    /** Set by the answer before it is counted as come. */
    private List<ChunkAddress> page;

    private long nextCursor;
    private boolean listing;
    private boolean listedAll;
    private long cursor;
    private long notBeforeNs;

    TargetSweep(Targets targets, int target, NanoClock clock, Predicate<ChunkAddress> isOrphan) {
        this.targets = targets;
        this.target = target;
        this.clock = clock;
        this.isOrphan = isOrphan;
        this.notBeforeNs = clock.nanoTime();
    }

    boolean isDone() {
        return listedAll && orphans.isEmpty() && unanswered.get() == 0;
    }

    long deleted() {
        return deleted.get();
    }

    long failed() {
        return failed.get();
    }

    /** Does what can be done now. @return work done. */
    int advance() {
        if (clock.nanoTime() - notBeforeNs < 0) {
            return 0;
        }
        if (!orphans.isEmpty()) {
            return delete();
        }
        if (unanswered.get() > 0 || isDone()) {
            return 0;
        }
        if (listing) {
            takePage();
            return 1;
        }
        return list();
    }

    private int delete() {
        int sent = 0;
        while (!orphans.isEmpty() && unanswered.get() < DELETES) {
            ChunkAddress orphan = orphans.peek();
            unanswered.incrementAndGet();
            long status = targets.deleteChunk(target, this, orphan.session(), orphan.stripe(), orphan.index());
            if (status != Lane.SENT) {
                unanswered.decrementAndGet();
                notBeforeNs = clock.nanoTime() + (status == Lane.BACK_PRESSURED ? 0 : RETRY_NS);
                return sent;
            }
            orphans.remove();
            sent++;
        }
        return sent;
    }

    private int list() {
        page = null;
        listing = true;
        unanswered.incrementAndGet();
        if (targets.listChunks(target, this, cursor) != Lane.SENT) {
            unanswered.decrementAndGet();
            listing = false;
            notBeforeNs = clock.nanoTime() + RETRY_NS;
            return 0;
        }
        return 1;
    }

    private void takePage() {
        listing = false;
        if (page == null) {
            // It failed: the same page again, later.
            notBeforeNs = clock.nanoTime() + RETRY_NS;
            return;
        }
        for (ChunkAddress chunk : page) {
            if (isOrphan.test(chunk)) {
                orphans.add(chunk);
            }
        }
        cursor = nextCursor;
        listedAll = nextCursor == 0;
    }

    @Override
    public void onChunkList(int targetId, List<ChunkAddress> chunks, long next) {
        page = List.copyOf(chunks);
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

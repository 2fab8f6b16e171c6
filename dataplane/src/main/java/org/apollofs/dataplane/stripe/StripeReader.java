package org.apollofs.dataplane.stripe;

import java.util.concurrent.atomic.AtomicInteger;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.PlacementTable;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/**
 * Reads ranges of chunks, verified, from their targets or, where those fail, from the rest of their stripes.
 *
 * <p>Thread-safe: workers call and wait. What is lost (absent, damaged, or on targets that are known to be gone) is an
 * error at once if parity does not cover it. What is only silent (not connected, no answer) is waited for and asked
 * again, until the patience of the context ends. One operation (between {@link #begin} and {@link #end}) needs a bounded number of slabs at a time, and so
 * many operations are let in that all can have theirs: slabs that are short delay reads, they never lock them up.
 */
public final class StripeReader {
    private static final long SLAB_WAIT_NS = 50_000;
    private static final long WAIT_NS = 10_000_000;
    /** Rest between two tries of a read whose targets are silent: it doubles up to this. */
    private static final long MAX_RETRY_NS = 200_000_000;

    private final StripeContext context;
    private final ChunkCache cache;
    private final Rebuilder rebuilder;
    private final AtomicInteger admissions;

    /** @param context shared by all stripes of the host. */
    public StripeReader(StripeContext context) {
        this.context = context;
        this.cache = new ChunkCache(context.readSlabs(), context.waitStrategy());
        this.rebuilder = new Rebuilder(context, this, cache);
        this.admissions =
                new AtomicInteger(Math.max(1, context.readSlabs().slabCount() / context.readSlabsPerOperation()));
    }

    /** Begins a read operation, waiting its turn. Pair with {@link #end}. @throws StripeException TIMEOUT. */
    public void begin() {
        if (tryAdmit()) {
            return;
        }
        context.counters().slabWaits.increment();
        long deadlineNs = context.clock().nanoTime() + context.patienceNs();
        while (!tryAdmit()) {
            checkDeadline(deadlineNs, "too many reads at a time");
            context.waitStrategy().await(SLAB_WAIT_NS);
        }
    }

    private boolean tryAdmit() {
        if (admissions.decrementAndGet() >= 0) {
            return true;
        }
        admissions.incrementAndGet();
        return false;
    }

    /** Ends a read operation. Its slabs may be held on. */
    public void end() {
        admissions.incrementAndGet();
    }

    /** A slab for the caller's own bytes, counted in the operation's bound. @throws StripeException TIMEOUT. */
    public SharedSlab acquire() {
        return new SharedSlab(acquireSlab());
    }

    Slab acquireSlab() {
        Slab slab = cache.tryAcquire();
        if (slab != null) {
            return slab;
        }
        context.counters().slabWaits.increment();
        long deadlineNs = context.clock().nanoTime() + context.patienceNs();
        while (slab == null) {
            checkDeadline(deadlineNs, "no slab became free");
            context.waitStrategy().await(SLAB_WAIT_NS);
            slab = cache.tryAcquire();
        }
        return slab;
    }

    private void checkDeadline(long deadlineNs, String what) {
        if (context.clock().nanoTime() - deadlineNs > 0) {
            throw new StripeException(
                    StripeException.Kind.TIMEOUT,
                    "read failed: " + what + " within " + context.patienceNs() / 1_000_000 + " ms");
        }
    }

    /**
     * Reads bytes of a data chunk into the sink.
     *
     * @param chunkOffset first byte.
     * @param length bytes; all of them must lie in the chunk.
     * @param fetchFrom first byte worth having in memory for later reads, at most {@code chunkOffset}.
     * @param fetchUntil first byte after these; what lies behind the chunk's end is ignored.
     * @throws StripeException if too many chunks of the stripe are unavailable, naming targets and reasons.
     */
    public void read(
            long session,
            long stripe,
            int index,
            int placement,
            int chunkOffset,
            int length,
            int fetchFrom,
            int fetchUntil,
            ReadSink sink) {
        PlacementTable table = context.placements().table(placement);
        int from = fetchFrom & -Lane.CHECKSUM_BLOCK_LENGTH;
        int until = Math.min(fetchUntil, from + context.readSlabs().slabLength());
        CachedChunk chunk = obtain(table, session, stripe, index, chunkOffset, chunkOffset + length, from, until);
        try {
            if (chunk.end() < chunkOffset + length) {
                throw new StripeException(
                        StripeException.Kind.IO_ERROR,
                        "chunk is shorter than its extent says: stripe=" + stripe + ", index=" + index
                                + ", chunkOffset=" + chunkOffset + ", length=" + length + ", end=" + chunk.end());
            }
            sink.accept(chunk.slab(), chunk.addressOf(chunkOffset), length);
            if (chunkOffset + length == chunk.end()) {
                cache.markUsed(chunk);
            }
        } finally {
            cache.unpin(chunk);
        }
    }

    /** A verified range, pinned. Targets that are silent are waited for, and asked again. */
    private CachedChunk obtain(
            PlacementTable table, long session, long stripe, int index, int need, int needEnd, int from, int until) {
        long deadlineNs = context.clock().nanoTime() + context.patienceNs();
        long retryNs = WAIT_NS;
        while (true) {
            try {
                return tryObtain(table, session, stripe, index, need, needEnd, from, until);
            } catch (StripeException e) {
                if (e.kind() != StripeException.Kind.TIMEOUT || context.clock().nanoTime() - deadlineNs >= 0) {
                    throw e;
                }
            }
            context.counters().readRetries.increment();
            context.waitStrategy().await(retryNs);
            retryNs = Math.min(2 * retryNs, MAX_RETRY_NS);
        }
    }

    /** From memory, from the chunk's target, or rebuilt. */
    private CachedChunk tryObtain(
            PlacementTable table, long session, long stripe, int index, int need, int needEnd, int from, int until) {
        int[] group = table.group(stripe);
        int target = group[index];
        while (true) {
            CachedChunk chunk = cache.find(session, stripe, index, need, needEnd);
            boolean hit = chunk != null;
            if (chunk == null && (context.targets().isReadable(target) || table.parityChunks() == 0)) {
                chunk = load(session, stripe, index, target, from, until);
            }
            if (chunk == null) {
                return rebuilder.rebuild(table, session, stripe, index, from, until, null);
            }
            if (awaitVerified(chunk, group, table.dataChunks())) {
                if (hit) {
                    context.counters().cacheHits.increment();
                }
                return chunk;
            }
            boolean cancelled = chunk.state() == CachedChunk.State.CANCELLED;
            cache.unpin(chunk);
            if (chunk.rebuilding && !cancelled) {
                throw rebuildingFailed(chunk);
            }
            if (!cancelled) {
                return rebuilder.rebuild(table, session, stripe, index, from, until, chunk);
            }
        }
    }

    /** The failure of another worker's rebuilding, which this one has waited for. */
    static StripeException rebuildingFailed(CachedChunk chunk) {
        StripeException.Kind kind =
                chunk.error() == ErrorCode.UNREACHABLE ? StripeException.Kind.TIMEOUT : StripeException.Kind.IO_ERROR;
        return new StripeException(kind, chunk.message());
    }

    /** Finds a range or asks its target for it. @return it, pinned, perhaps on its way. */
    CachedChunk load(long session, long stripe, int index, int target, int from, int until) {
        CachedChunk chunk = null;
        while (chunk == null) {
            chunk = cache.find(session, stripe, index, from, until);
            if (chunk == null) {
                chunk = cache.begin(session, stripe, index, from, until, false);
                if (chunk != null) {
                    request(chunk, target);
                }
            }
        }
        return chunk;
    }

    private void request(CachedChunk chunk, int target) {
        chunk.askedAtNs = context.clock().nanoTime();
        Slab slab;
        try {
            slab = acquireSlab();
        } catch (RuntimeException e) {
            chunk.cancel();
            cache.unpin(chunk);
            throw e;
        }
        long deadlineNs = context.clock().nanoTime() + context.readTimeoutNs();
        long status = send(chunk, target, slab);
        while (status == Lane.BACK_PRESSURED && context.clock().nanoTime() - deadlineNs < 0) {
            context.counters().backPressure.increment();
            context.waitStrategy().await(SLAB_WAIT_NS);
            status = send(chunk, target, slab);
        }
        if (status != Lane.SENT) {
            slab.release();
            chunk.fail(
                    status == Lane.CLOSED ? ErrorCode.REFUSED : ErrorCode.UNREACHABLE,
                    status == Lane.BACK_PRESSURED ? "no room in the lane" : "not connected");
        }
    }

    private long send(CachedChunk chunk, int target, Slab slab) {
        return context.targets()
                .readChunk(
                        target,
                        chunk,
                        chunk.session,
                        chunk.stripe,
                        chunk.index,
                        chunk.from,
                        chunk.until - chunk.from,
                        slab);
    }

    /**
     * Waits for a range and verifies it.
     *
     * @param group of the chunk's stripe; it is read from the chunk's place there.
     * @param enough how many others of the group make another way.
     * @return false if it failed or was cancelled.
     */
    boolean awaitVerified(CachedChunk chunk, int[] group, int enough) {
        if (chunk.state() == CachedChunk.State.LOADING) {
            awaitArrival(chunk, group, enough);
        }
        return chunk.verify(context.counters());
    }

    private void awaitArrival(CachedChunk chunk, int[] group, int enough) {
        Gate gate = chunk.gate();
        int target = group[chunk.index];
        gate.enter();
        try {
            long beginNs = context.clock().nanoTime();
            while (chunk.state() == CachedChunk.State.LOADING) {
                long waitedNs = context.clock().nanoTime() - beginNs;
                boolean late = !chunk.rebuilding && waitedNs >= context.readTimeoutNs();
                if (waitedNs >= context.patienceNs() || (late && isOutrun(chunk, target, group, enough))) {
                    String message = "no answer within " + waitedNs / 1_000_000 + " ms";
                    if (!chunk.rebuilding) {
                        context.targets().onSilence(target, message);
                    }
                    chunk.fail(ErrorCode.UNREACHABLE, message);
                    return;
                }
                gate.await(WAIT_NS);
            }
        } finally {
            gate.leave();
        }
    }

    /**
     * Whether a target is late while enough others of its stripe do answer. Where they do not, it is not this target that
     * is slow but this host, or all of them, and to ask them for more would make that worse.
     */
    private boolean isOutrun(CachedChunk chunk, int target, int[] group, int enough) {
        return context.targets().answeredSince(group, target, chunk.askedAtNs) >= enough;
    }

    /**
     * Asks for a whole chunk ahead of its reader, or for what rebuilds it. Never waits.
     *
     * @param length bytes of the chunk, or more.
     * @return false if slabs are short: no use in going on.
     */
    public boolean prefetch(long session, long stripe, int index, int placement, int length) {
        PlacementTable table = context.placements().table(placement);
        int until = Math.min(length, context.readSlabs().slabLength());
        if (cache.contains(session, stripe, index, 0, until)) {
            return true;
        }
        int[] group = table.group(stripe);
        if (context.targets().isReadable(group[index])) {
            return prefetchOne(session, stripe, index, group[index], until);
        }
        int wanted = table.dataChunks();
        for (int i = 0; i < group.length && wanted > 0; i++) {
            if (i != index && context.targets().isReadable(group[i])) {
                if (!prefetchOne(session, stripe, i, group[i], until)) {
                    return false;
                }
                wanted--;
            }
        }
        return true;
    }

    private boolean prefetchOne(long session, long stripe, int index, int target, int until) {
        if (cache.contains(session, stripe, index, 0, until)) {
            return true;
        }
        Slab slab = cache.tryAcquireAhead();
        if (slab == null) {
            return false;
        }
        CachedChunk chunk = cache.begin(session, stripe, index, 0, until, false);
        if (chunk == null) {
            slab.release();
            return true;
        }
        chunk.askedAtNs = context.clock().nanoTime();
        boolean sent = send(chunk, target, slab) == Lane.SENT;
        if (sent) {
            context.counters().chunksPrefetched.increment();
        } else {
            slab.release();
            chunk.cancel();
        }
        cache.unpin(chunk);
        return sent;
    }

    /** Gives all slabs back that no read holds. */
    public void close() {
        cache.clear();
    }
}

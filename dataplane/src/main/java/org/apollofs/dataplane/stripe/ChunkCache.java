package org.apollofs.dataplane.stripe;

import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;

/**
 * Chunks read lately or ahead, in the slabs of the read pool that nobody needs otherwise: a slab is found by throwing
 * out the chunk that was used up first. Chunks never change, so nothing is ever stale.
 *
 * <p>Thread-safe; its monitor guards all lists and pins and is never held for long.
 */
final class ChunkCache {
    private final SlabPool pool;
    private final WaitStrategy waitStrategy;
    private final CachedChunk[] buckets;
    /** Reading ahead leaves so many slabs for reads that somebody waits for. */
    private final int reserve;

    private long useCount;

    ChunkCache(SlabPool pool, WaitStrategy waitStrategy) {
        this.pool = pool;
        this.waitStrategy = waitStrategy;
        this.buckets = new CachedChunk[Integer.highestOneBit(pool.slabCount()) * 4];
        this.reserve = Math.max(1, pool.slabCount() / 4);
    }

    /** Finds a range of a chunk, there or on its way. @return it, pinned, or null. */
    synchronized CachedChunk find(long session, long stripe, int index, int from, int until) {
        CachedChunk chunk = lookup(session, stripe, index, from, until);
        if (chunk != null) {
            chunk.pins++;
            touch(chunk);
        }
        return chunk;
    }

    /** Whether a range of a chunk is there or on its way. */
    synchronized boolean contains(long session, long stripe, int index, int from, int until) {
        return lookup(session, stripe, index, from, until) != null;
    }

    /** Adds a range that is to be loaded, by the caller. @return it, pinned, or null if somebody else has begun. */
    synchronized CachedChunk begin(long session, long stripe, int index, int from, int until, boolean rebuilding) {
        if (lookup(session, stripe, index, from, until) != null) {
            return null;
        }
        CachedChunk chunk = new CachedChunk(this, session, stripe, index, from, until, rebuilding);
        int bucket = bucket(session, stripe, index);
        chunk.next = buckets[bucket];
        chunk.listed = true;
        chunk.pins = 1;
        chunk.lastUse = ++useCount;
        buckets[bucket] = chunk;
        return chunk;
    }

    Gate newGate() {
        return new Gate(waitStrategy);
    }

    synchronized void unpin(CachedChunk chunk) {
        chunk.pins--;
    }

    /** Notes that a reader has gone past the end of a chunk: it is thrown out before others. */
    synchronized void markUsed(CachedChunk chunk) {
        chunk.used = true;
    }

    private void touch(CachedChunk chunk) {
        chunk.lastUse = ++useCount;
    }

    /** Takes a chunk out; its slab goes back once nobody reads from it. */
    synchronized void remove(CachedChunk chunk) {
        if (!chunk.listed) {
            return;
        }
        chunk.listed = false;
        int bucket = bucket(chunk.session, chunk.stripe, chunk.index);
        if (buckets[bucket] == chunk) {
            buckets[bucket] = chunk.next;
        } else {
            CachedChunk before = buckets[bucket];
            while (before.next != chunk) {
                before = before.next;
            }
            before.next = chunk.next;
        }
        if (chunk.slab() != null) {
            chunk.slab().release();
        }
    }

    /** A slab for a read somebody waits for. @return null if all are in use. */
    Slab tryAcquire() {
        Slab slab = pool.tryAcquire();
        while (slab == null && evict(false)) {
            slab = pool.tryAcquire();
        }
        return slab;
    }

    /** A slab to read ahead into. @return null if there are not plenty. */
    Slab tryAcquireAhead() {
        if (pool.available() > reserve || evict(true)) {
            return pool.tryAcquire();
        }
        return null;
    }

    /** Throws out the least recently used chunk. @param usedOnly whether to spare what was read ahead and not used yet. */
    private synchronized boolean evict(boolean usedOnly) {
        CachedChunk victim = null;
        for (CachedChunk head : buckets) {
            for (CachedChunk chunk = head; chunk != null; chunk = chunk.next) {
                if (isEvictable(chunk, usedOnly) && (victim == null || isBefore(chunk, victim))) {
                    victim = chunk;
                }
            }
        }
        if (victim == null) {
            return false;
        }
        remove(victim);
        return true;
    }

    private static boolean isEvictable(CachedChunk chunk, boolean usedOnly) {
        return chunk.pins == 0
                && (chunk.used || !usedOnly)
                && chunk.state() != CachedChunk.State.LOADING
                && chunk.slab().isHeldOnce();
    }

    private static boolean isBefore(CachedChunk chunk, CachedChunk other) {
        return chunk.used != other.used ? chunk.used : chunk.lastUse < other.lastUse;
    }

    /** Throws out all that nobody reads. */
    synchronized void clear() {
        boolean more = true;
        while (more) {
            more = evict(false);
        }
    }

    private CachedChunk lookup(long session, long stripe, int index, int from, int until) {
        CachedChunk chunk = buckets[bucket(session, stripe, index)];
        while (chunk != null
                && !(chunk.stripe == stripe
                        && chunk.index == index
                        && chunk.session == session
                        && chunk.covers(from, until))) {
            chunk = chunk.next;
        }
        return chunk;
    }

    private int bucket(long session, long stripe, int index) {
        long hash = (session * 0x9E3779B97F4A7C15L + stripe) * 0xC2B2AE3D27D4EB4FL + index * 0x165667B19E3779F9L;
        return (int) (hash >>> 40) & (buckets.length - 1);
    }
}

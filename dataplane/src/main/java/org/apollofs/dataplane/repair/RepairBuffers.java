package org.apollofs.dataplane.repair;

import org.apollofs.io.buffer.Slab;
import org.apollofs.io.buffer.SlabPool;

/**
 * The slabs of repair: allocated when there is work, freed when there is none. They are freed for good only when every
 * request is answered, since a lane may still write into them: {@link #close()} leaves that to the last answer.
 *
 * <p>Repair's thread takes and gives back; answers are told from any thread.
 */
final class RepairBuffers {
    private final int slabLength;
    private SlabPool pool;
    private int unanswered;
    private boolean closed;

    /** @param slabLength bytes of the longest chunk. */
    RepairBuffers(int slabLength) {
        this.slabLength = slabLength;
    }

    /** Bytes of a slab. */
    int slabLength() {
        return slabLength;
    }

    /** Takes slabs for one stripe. @param stripes so many of which are to have theirs at once. @return null if none are free. */
    synchronized Slab[] tryAcquire(int count, int stripes) {
        if (closed) {
            return null;
        }
        if (pool != null && pool.slabCount() < count && pool.available() == pool.slabCount()) {
            pool.close();
            pool = null;
        }
        if (pool == null) {
            pool = SlabPool.allocate(count * stripes, slabLength);
        }
        if (pool.available() < count) {
            return null;
        }
        Slab[] slabs = new Slab[count];
        for (int i = 0; i < count; i++) {
            slabs[i] = pool.tryAcquire();
        }
        return slabs;
    }

    synchronized void release(Slab[] slabs) {
        for (Slab slab : slabs) {
            slab.release();
        }
        freeIfClosed();
    }

    /** There is no work: gives the memory back, if nobody uses it. */
    synchronized void trim() {
        if (pool != null && unanswered == 0 && pool.available() == pool.slabCount()) {
            pool.close();
            pool = null;
        }
    }

    synchronized void onAsked() {
        unanswered++;
    }

    synchronized void onAnswered() {
        unanswered--;
        freeIfClosed();
    }

    /** Nothing is taken any more. Frees the memory now, or with the last answer. */
    synchronized void close() {
        closed = true;
        freeIfClosed();
    }

    private void freeIfClosed() {
        if (closed && unanswered == 0 && pool != null) {
            pool.close();
            pool = null;
        }
    }
}

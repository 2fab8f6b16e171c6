package org.apollofs.dataplane.repair;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.layout.PlacementTables;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.NamespaceException;

/**
 * Goes once through all stripes that files refer to, a page of inodes in each step. A stripe that many extents refer to
 * comes many times. What was referred to all the while is seen; what came or went meanwhile may be seen or not. One thread.
 */
final class LiveScan {
    private static final int INODES_A_PAGE = 1000;
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Gets the stripes. */
    @FunctionalInterface
    interface Visitor {
        /**
         * A part of a file lies in this stripe.
         *
         * @param dataMask bits of the data chunks that hold the part.
         * @param bytes of the part.
         */
        void onStripe(long session, long stripe, int placement, int dataMask, long bytes);
    }

    private final NamespaceView namespace;
    private final PlacementTables placements;
    private final NanoClock clock;
    private final Visitor visitor;
    private final long[] last = new long[1];
    private long afterInode;
    private long notBeforeNs;
    private boolean done;

    LiveScan(NamespaceView namespace, PlacementTables placements, NanoClock clock, Visitor visitor) {
        this(namespace, placements, clock, visitor, 0);
    }

    /** @param afterInode where an earlier scan has stopped, or 0. */
    LiveScan(NamespaceView namespace, PlacementTables placements, NanoClock clock, Visitor visitor, long afterInode) {
        this.namespace = namespace;
        this.placements = placements;
        this.clock = clock;
        this.visitor = visitor;
        this.afterInode = afterInode;
        this.notBeforeNs = clock.nanoTime();
    }

    boolean isDone() {
        return done;
    }

    /** The last inode that was gone through. */
    long afterInode() {
        return afterInode;
    }

    /** Goes on by a page. @return work done. */
    int advance() {
        return advance(INODES_A_PAGE);
    }

    int advance(int inodes) {
        if (done || clock.nanoTime() - notBeforeNs < 0) {
            return 0;
        }
        last[0] = afterInode;
        List<Extent> extents;
        try {
            extents = namespace.liveExtents(afterInode, inodes, last);
            for (Extent extent : extents) {
                visit(extent, placements.table(extent.placement()).dataChunks());
            }
        } catch (NamespaceException e) {
            // No leader now. Visitors do not mind a page that comes twice.
            notBeforeNs = clock.nanoTime() + RETRY_NS;
            return 0;
        }
        done = last[0] == afterInode;
        afterInode = last[0];
        return 1;
    }

    private void visit(Extent extent, int k) {
        long stride = extent.chunkStride();
        long end = extent.chunkOffset() + extent.length();
        long chunk = extent.index();
        long position = 0;
        while (position < end) {
            long stripe = chunk / k;
            int mask = 0;
            long bytes = 0;
            while (position < end && chunk / k == stripe) {
                mask |= 1 << (int) (chunk % k);
                bytes += Math.min(end, position + stride) - Math.max(position, extent.chunkOffset());
                position += stride;
                chunk++;
            }
            visitor.onStripe(extent.session(), extent.stripe() + stripe, extent.placement(), mask, bytes);
        }
    }
}

package org.apollofs.dataplane.repair;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.NanoClock;
import org.apollofs.dataplane.stripe.RequestListener;
import org.apollofs.io.buffer.Slab;
import org.apollofs.transport.ChunkAddress;
import org.apollofs.transport.ErrorCode;
import org.apollofs.transport.Lane;

/** Lists all chunks of one target, page by page. Repair's thread drives it; answers may come on another. */
final class TargetListing implements RequestListener {
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final RepairLanes lanes;
    private final int target;
    private final NanoClock clock;
    private final Consumer<ChunkAddress> consumer;
    private long cursor;
    private long notBeforeNs;
    private boolean asked;
    private boolean done;
    private List<ChunkAddress> page;
    private long nextCursor;
    private volatile boolean answered;

    TargetListing(RepairLanes lanes, int target, NanoClock clock, Consumer<ChunkAddress> consumer) {
        this.lanes = lanes;
        this.target = target;
        this.clock = clock;
        this.consumer = consumer;
        this.notBeforeNs = clock.nanoTime();
    }

    int target() {
        return target;
    }

    boolean isDone() {
        return done;
    }

    /** Asks for a page or takes one. @return work done. */
    int advance() {
        if (done || clock.nanoTime() - notBeforeNs < 0) {
            return 0;
        }
        if (!asked) {
            return ask();
        }
        if (!answered) {
            return 0;
        }
        asked = false;
        if (page == null) {
            // The same page again, later.
            notBeforeNs = clock.nanoTime() + RETRY_NS;
            return 0;
        }
        page.forEach(consumer);
        cursor = nextCursor;
        done = cursor == 0;
        return 1;
    }

    private int ask() {
        page = null;
        answered = false;
        if (lanes.listChunks(target, this, cursor) != Lane.SENT) {
            notBeforeNs = clock.nanoTime() + RETRY_NS;
            return 0;
        }
        asked = true;
        return 1;
    }

    @Override
    public void onChunkList(int targetId, List<ChunkAddress> chunks, long next) {
        page = List.copyOf(chunks);
        nextCursor = next;
        answered = true;
    }

    @Override
    public void onError(int targetId, int index, ErrorCode code, String message, Slab slab) {
        answered = true;
    }
}

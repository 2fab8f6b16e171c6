package org.apollofs.dataplane.repair;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apollofs.dataplane.stripe.ParityCodes;
import org.apollofs.io.buffer.Slab;
import org.apollofs.namespace.client.PlacementTable;

/** The stripes that are being looked at, with their slabs. One thread. */
final class Operations {
    private final RepairContext context;
    private final RepairBuffers buffers;
    private final ParityCodes codes = new ParityCodes();
    private final List<StripeOperation> active = new ArrayList<>();
    private final List<StripeOperation> ended = new ArrayList<>();

    Operations(RepairContext context) {
        this.context = context;
        this.buffers = new RepairBuffers(context.slabLength());
    }

    int size() {
        return active.size();
    }

    boolean isEmpty() {
        return active.isEmpty();
    }

    /** Begins one. @param mayWrite see {@link StripeOperation}. @return false if slabs are short: try again later. */
    boolean tryBegin(RepairItem item, boolean mayWrite) {
        PlacementTable table = context.placements().table(item.placement());
        int count = table.dataChunks() + table.parityChunks() + 1;
        Slab[] slabs = buffers.tryAcquire(count, context.stripesAtOnce());
        if (slabs == null) {
            return false;
        }
        active.add(new StripeOperation(context.lanes(), buffers, codes, item, table, slabs, mayWrite));
        return true;
    }

    /** Lets all go on. @param onEnd gets those that have ended. @return work done. */
    int advance(Consumer<StripeOperation> onEnd) {
        int work = 0;
        for (StripeOperation operation : active) {
            work += operation.advance();
            if (operation.isDone()) {
                ended.add(operation);
            }
        }
        active.removeAll(ended);
        ended.forEach(onEnd);
        ended.clear();
        return work;
    }

    /** There is nothing to do for a while. */
    void trim() {
        if (active.isEmpty()) {
            buffers.trim();
        }
    }

    /** Ends all where they are. */
    void close() {
        active.forEach(StripeOperation::abandon);
        active.clear();
        buffers.close();
    }
}

package org.apollofs.namespace.state;

import java.nio.ByteBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;

/** Placement tables and the queue of freed runs. Owned by the apply thread. */
final class SystemCommands {
    /** Chunks of a stripe at most: 16+4 is the widest layout that is planned. */
    private static final int MAX_WIDTH = 255;

    private final Store store;

    SystemCommands(Store store) {
        this.store = store;
    }

    /**
     * Adds a placement table.
     *
     * @param targets group by group.
     * @return its id.
     */
    long addPlacementTable(int dataChunks, int parityChunks, int[] targets) {
        int width = dataChunks + parityChunks;
        if (dataChunks < 1 || parityChunks < 0 || width > MAX_WIDTH) {
            throw new Refusal(
                    NamespaceError.INVALID,
                    "not a layout: dataChunks=" + dataChunks + ", parityChunks=" + parityChunks);
        }
        if (targets.length == 0 || targets.length % width != 0) {
            throw new Refusal(
                    NamespaceError.INVALID, "groups are not whole: targets=" + targets.length + ", width=" + width);
        }
        checkGroups(targets, width);
        UnsafeBuffer record =
                new UnsafeBuffer(ByteBuffer.allocateDirect(PlacementRecord.TARGETS + targets.length * Integer.BYTES));
        PlacementRecord.encodeHead(record, dataChunks, parityChunks);
        for (int i = 0; i < targets.length; i++) {
            record.putInt(PlacementRecord.TARGETS + i * Integer.BYTES, targets[i]);
        }
        long id = store.meta.next(Meta.NEXT_PLACEMENT);
        store.tables.placements.put(store.txn(), store.key.of(id), record);
        return id;
    }

    private static void checkGroups(int[] targets, int width) {
        IntHashSet group = new IntHashSet(Integer.MIN_VALUE);
        for (int i = 0; i < targets.length; i++) {
            if (i % width == 0) {
                group.clear();
            }
            if (targets[i] < 0 || !group.add(targets[i])) {
                throw new Refusal(
                        NamespaceError.INVALID,
                        "a target is negative or twice in a group: target=" + targets[i] + ", group=" + i / width);
            }
        }
    }

    /** Takes runs out of the queue. @return how many were still in it. */
    long acknowledgeFreed(long[] sequences) {
        long count = 0;
        for (long sequence : sequences) {
            if (sequence > 0 && store.tables.freed.delete(store.txn(), store.key.of(sequence))) {
                count++;
            }
        }
        return count;
    }
}

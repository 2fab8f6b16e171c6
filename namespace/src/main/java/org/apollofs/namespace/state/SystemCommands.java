package org.apollofs.namespace.state;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.client.NamespaceLimits;

/** Placement tables, the queue of freed runs, consumers and retention of the change log. Owned by the apply thread. */
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

    /** Moves the offset of a consumer of the change log. @return whether it was as expected. */
    boolean moveConsumer(DirectBuffer name, long expected, long next) {
        if (name.capacity() == 0) {
            throw new Refusal(NamespaceError.INVALID, "a consumer's name has at least one byte");
        }
        if (name.capacity() > NamespaceLimits.ATTRIBUTE_NAME_LENGTH) {
            throw new Refusal(
                    NamespaceError.NAME_TOO_LONG,
                    "name too long: length=" + name.capacity() + ", limit=" + NamespaceLimits.ATTRIBUTE_NAME_LENGTH);
        }
        if (expected < 0 || next < 0) {
            throw new Refusal(
                    NamespaceError.INVALID, "an offset is not negative: expected=" + expected + ", next=" + next);
        }
        DirectBuffer value = store.tables.consumers.get(store.txn(), store.key.of(name));
        long present = value == null ? 0 : value.getLong(0);
        if (present != expected) {
            return false;
        }
        if (present == 0 && next != 0 && store.meta.get(Meta.CONSUMER_COUNT) >= NamespaceLimits.CONSUMER_COUNT) {
            throw new Refusal(
                    NamespaceError.TOO_MANY_CONSUMERS, "too many consumers: limit=" + NamespaceLimits.CONSUMER_COUNT);
        }
        store.meta.add(Meta.CONSUMER_COUNT, (next == 0 ? 0 : 1) - (present == 0 ? 0 : 1));
        if (next == 0) {
            store.tables.consumers.delete(store.txn(), store.key.of(name));
        } else {
            store.tables.consumers.put(store.txn(), store.key.of(name), store.number(next));
        }
        return true;
    }

    /** Sets what the change log retains; 0 for the default. What is too much goes in time. */
    void setRetention(long bytes, long ageNs) {
        if (bytes < 0 || ageNs < 0) {
            throw new Refusal(NamespaceError.INVALID, "retention is not negative: bytes=" + bytes + ", ageNs=" + ageNs);
        }
        store.meta.set(Meta.RETAINED_BYTES, bytes);
        store.meta.set(Meta.RETAINED_NS, ageNs);
    }
}

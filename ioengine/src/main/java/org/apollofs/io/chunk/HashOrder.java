package org.apollofs.io.chunk;

import java.util.Arrays;

/** The places of a segment's entries past a cursor, sorted by unsigned hash. Made for a page and thrown away. */
final class HashOrder {
    private final long[] hashes;
    private final int[] slots;

    /** @param cursor hashes up to this one, unsigned, are left out; 0 leaves out none. */
    HashOrder(IndexSegment segment, long cursor) {
        long[] found = new long[segment.size()];
        int count = 0;
        for (int slot = 0; slot < segment.capacity(); slot++) {
            if (segment.isUsed(slot)) {
                long hash = segment.hashAt(slot);
                if (cursor == 0 || Long.compareUnsigned(hash, cursor) > 0) {
                    found[count++] = hash;
                }
            }
        }
        hashes = Arrays.copyOf(found, count);
        sortUnsigned(hashes);
        slots = new int[count];
        boolean[] taken = new boolean[count];
        for (int slot = 0; slot < segment.capacity(); slot++) {
            if (segment.isUsed(slot)) {
                place(slot, segment.hashAt(slot), taken);
            }
        }
    }

    private static void sortUnsigned(long[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] ^= Long.MIN_VALUE;
        }
        Arrays.sort(values);
        for (int i = 0; i < values.length; i++) {
            values[i] ^= Long.MIN_VALUE;
        }
    }

    private void place(int slot, long hash, boolean[] taken) {
        int low = 0;
        int high = hashes.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(hashes[middle], hash) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        while (low < hashes.length && hashes[low] == hash) {
            if (!taken[low]) {
                taken[low] = true;
                slots[low] = slot;
                return;
            }
            low++;
        }
    }

    int count() {
        return hashes.length;
    }

    long hash(int i) {
        return hashes[i];
    }

    int slot(int i) {
        return slots[i];
    }
}

package org.apollofs.dataplane.repair;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Stripes to be repaired, those that can lose the fewest chunks first. Bounded: when it is full, the least urgent ones are
 * left for the next survey. One thread.
 */
final class RepairQueue {
    private final int capacity;
    private final List<ArrayDeque<RepairItem>> bySpare = new ArrayList<>();
    private int size;
    private boolean overflowed;

    RepairQueue(int capacity) {
        this.capacity = capacity;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Whether something was left out since the last {@link #clear}. */
    boolean hasOverflowed() {
        return overflowed;
    }

    void add(RepairItem item) {
        if (size == capacity) {
            overflowed = true;
            if (!dropLessUrgentThan(item)) {
                return;
            }
        }
        while (bySpare.size() <= item.spare()) {
            bySpare.add(new ArrayDeque<>());
        }
        bySpare.get(item.spare()).add(item);
        size++;
    }

    private boolean dropLessUrgentThan(RepairItem item) {
        for (int spare = bySpare.size() - 1; spare > item.spare(); spare--) {
            if (bySpare.get(spare).pollLast() != null) {
                size--;
                return true;
            }
        }
        return false;
    }

    /** The most urgent one, or null. */
    RepairItem poll() {
        for (ArrayDeque<RepairItem> items : bySpare) {
            RepairItem item = items.poll();
            if (item != null) {
                size--;
                return item;
            }
        }
        return null;
    }

    void clear() {
        bySpare.clear();
        size = 0;
        overflowed = false;
    }
}

package org.apollofs.fuse;

import java.util.concurrent.atomic.LongAdder;

/** What a mount counts. Any thread; reading is a sum, stale at once. */
public final class MountCounters {
    /** One line a counter: id, label, unit. Ids never change, and have no gaps from 1 on. */
    public enum Counter {
        REQUESTS(1, "requests answered", "requests"),
        WRITE_BYTES(2, "written by programs", "bytes"),
        READ_BYTES(3, "read by programs or readahead", "bytes"),
        SLAB_WRITES(4, "writes whose payload was handed on without a copy", "writes"),
        COPIED_WRITES(5, "writes copied into an open chunk", "writes"),
        SLAB_POOL_EMPTY(6, "requests received into a reserve because every slab was in use", "requests"),
        STORAGE_FAULTS(7, "requests failed by the storage (EIO, ENOSPC, ETIMEDOUT)", "requests"),
        UNSUPPORTED(8, "requests of a kind that is not supported", "requests"),
        UNWANTED_REPLIES(9, "replies nobody waited for any more", "replies"),
        BUGS(10, "requests failed by an unexpected exception", "requests"),
        SHORT_WRITES(11, "writes of which only the first bytes were taken", "writes");

        private final int id;
        private final String label;
        private final String unit;

        Counter(int id, String label, String unit) {
            this.id = id;
            this.label = label;
            this.unit = unit;
        }

        public int id() {
            return id;
        }

        public String label() {
            return label;
        }

        public String unit() {
            return unit;
        }
    }

    private final LongAdder[] values = new LongAdder[Counter.values().length + 1];

    public MountCounters() {
        for (int i = 0; i < values.length; i++) {
            values[i] = new LongAdder();
        }
    }

    /** Adds one. */
    public void increment(Counter counter) {
        values[counter.id()].increment();
    }

    /** Adds. */
    public void add(Counter counter, long amount) {
        values[counter.id()].add(amount);
    }

    /** A write was answered. @param written bytes that were taken. @param wanted bytes that were to be. */
    public void onWritten(int written, int wanted) {
        add(Counter.WRITE_BYTES, written);
        if (written < wanted) {
            increment(Counter.SHORT_WRITES);
        }
    }

    /** The sum so far. */
    public long get(Counter counter) {
        return values[counter.id()].sum();
    }
}

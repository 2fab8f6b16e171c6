package org.apollofs.namespace.state;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceIdentity;

/**
 * The counters of the state: a block of longs that is saved before a batch, so that it can be restored when the batch is
 * aborted, and written to the table {@code meta} with it. Owned by the apply thread; readers use the table.
 */
final class Meta {
    /** Next inode number. 1 is the root. */
    static final int NEXT_INODE = 0;
    /** Next writer session. */
    static final int NEXT_SESSION = 1;
    /** Sequence of the last change: version of what changed last. */
    static final int LAST_CHANGE = 2;
    /** Sequence of the first change that is retained. */
    static final int FIRST_CHANGE = 3;
    /** Bytes of the retained changes. */
    static final int CHANGE_BYTES = 4;
    /** Next sequence of a freed run. */
    static final int NEXT_FREED = 5;
    /** Next id of a placement table. */
    static final int NEXT_PLACEMENT = 6;
    /** Inodes in use, the root included. */
    static final int INODE_COUNT = 7;
    /** Time of the log, ns since the epoch; never goes back. */
    static final int TIME_NS = 8;
    /** Position in the log of the last command applied. */
    static final int APPLIED_POSITION = 9;

    /** Last lease of keys. */
    static final int LAST_LEASE = 10;
    /** Bytes of changes that are retained; 0 for the default. */
    static final int RETAINED_BYTES = 11;
    /** Age of changes that are retained, ns; 0 for the default. */
    static final int RETAINED_NS = 12;
    /** Named consumers. */
    static final int CONSUMER_COUNT = 13;
    /** 1 while space is low on the leader's disk: what grows is refused. */
    static final int IS_SPACE_LOW = 14;

    /** The namespace's id, both halves zero while it has none. */
    static final int ID_HIGH = 15;

    static final int ID_LOW = 16;
    /** The namespace's generation; 0 while it has no id. */
    static final int GENERATION = 17;
    /** Next session at the time when the generation began; 0 while there is none. */
    static final int FIRST_SESSION = 18;
    /** Time of leases, ns: goes with {@link #TIME_NS}, but stands still while nobody served. 0 before the first record. */
    static final int SERVED_NS = 19;

    private static final int COUNT = 24;

    // Rows of the table.

    /** The counters. */
    static final int COUNTERS = 0;
    /** Numbers of the sessions that are open, rising. Absent if none ever was. */
    static final int OPEN_SESSIONS = 1;

    private final long[] values = new long[COUNT];
    private final long[] saved = new long[COUNT];
    private final UnsafeBuffer record = new UnsafeBuffer(ByteBuffer.allocateDirect(COUNT * Long.BYTES));

    long get(int field) {
        return values[field];
    }

    void set(int field, long value) {
        values[field] = value;
    }

    void add(int field, long delta) {
        values[field] += delta;
    }

    /** Returns the counter's value and adds one. */
    long next(int field) {
        return values[field]++;
    }

    void save() {
        System.arraycopy(values, 0, saved, 0, COUNT);
    }

    void restore() {
        System.arraycopy(saved, 0, values, 0, COUNT);
    }

    /** The counters now, for {@link #reset}. */
    long[] copy() {
        return values.clone();
    }

    /** Sets the counters back to a copy: a transaction within the batch is aborted. */
    void reset(long[] copy) {
        System.arraycopy(copy, 0, values, 0, COUNT);
    }

    DirectBuffer value() {
        for (int i = 0; i < COUNT; i++) {
            record.putLong(i * Long.BYTES, values[i]);
        }
        return record;
    }

    void load(DirectBuffer value) {
        for (int i = 0; i < COUNT; i++) {
            values[i] = read(value, i);
        }
    }

    NamespaceIdentity identity() {
        return identity(value());
    }

    /** A counter in a record of the table; 0 if the record is of a snapshot that had fewer. */
    static long read(DirectBuffer value, int field) {
        int at = field * Long.BYTES;
        return at < value.capacity() ? value.getLong(at) : 0;
    }

    static NamespaceIdentity identity(DirectBuffer value) {
        UUID id = new UUID(read(value, ID_HIGH), read(value, ID_LOW));
        return read(value, GENERATION) == 0
                ? NamespaceIdentity.NONE
                : new NamespaceIdentity(id, read(value, GENERATION), read(value, FIRST_SESSION));
    }
}

package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.NamespaceError;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/**
 * Leases of keys, and which inodes are attached to which. An inode that is attached carries a flag, so that the others cost
 * nothing. A lease is over when the time of leases ({@link Store#servedNs}) has reached its expiry, whether its keys are deleted already or not. Owned
 * by the apply thread.
 *
 * <pre>
 *  0       8
 *  | ttlNs | expiryNs |
 * </pre>
 */
final class LeaseTable {
    private static final int TTL = 0;
    private static final int EXPIRY = 8;
    private static final int RECORD_LENGTH = 16;
    /** Shortest time to live. */
    private static final long MIN_TTL_NS = 100_000_000;
    /** Longest: 100 years, so that no sum overflows. */
    private static final long MAX_TTL_NS = 100L * 366 * 24 * 3600 * 1_000_000_000L;

    private final Store store;
    private final UnsafeBuffer record = new UnsafeBuffer(ByteBuffer.allocateDirect(RECORD_LENGTH));

    LeaseTable(Store store) {
        this.store = store;
    }

    /** Grants a lease. @return its number. */
    long grant(long ttlNs) {
        if (ttlNs < MIN_TTL_NS || ttlNs > MAX_TTL_NS) {
            throw new Refusal(
                    NamespaceError.INVALID,
                    "time to live out of range: ttlNs=" + ttlNs + ", least=" + MIN_TTL_NS + ", most=" + MAX_TTL_NS);
        }
        store.meta.add(Meta.LAST_LEASE, 1);
        long lease = store.meta.get(Meta.LAST_LEASE);
        save(lease, ttlNs, store.servedNs() + ttlNs);
        return lease;
    }

    private void save(long lease, long ttlNs, long expiryNs) {
        record.putLong(TTL, ttlNs);
        record.putLong(EXPIRY, expiryNs);
        store.tables.leases.put(store.txn(), store.key.of(lease), record);
        store.tables.leaseExpiries.put(store.txn(), store.key.of(expiryNs, lease), store.emptyValue());
    }

    /** Copies a lease's record. @return false if there is none. */
    private boolean load(long lease) {
        DirectBuffer value = lease <= 0 ? null : store.tables.leases.get(store.txn(), store.key.of(lease));
        if (value == null) {
            return false;
        }
        record.putBytes(0, value, 0, RECORD_LENGTH);
        return true;
    }

    /** Refuses a lease that does not exist or is over. */
    void require(long lease) {
        if (!load(lease) || record.getLong(EXPIRY) <= store.servedNs()) {
            throw new Refusal(NamespaceError.NOT_FOUND, "no such lease, or it has ended: lease=" + lease);
        }
    }

    /** Renews a lease. @return its time to live, ns. */
    long keepAlive(long lease) {
        require(lease);
        long ttlNs = record.getLong(TTL);
        store.tables.leaseExpiries.delete(store.txn(), store.key.of(record.getLong(EXPIRY), lease));
        save(lease, ttlNs, store.servedNs() + ttlNs);
        return ttlNs;
    }

    /** Ends a lease now; its keys go with the next call of {@link #firstExpired}. @return false if there is none. */
    boolean end(long lease) {
        if (!load(lease) || record.getLong(EXPIRY) <= store.servedNs()) {
            return false;
        }
        store.tables.leaseExpiries.delete(store.txn(), store.key.of(record.getLong(EXPIRY), lease));
        save(lease, record.getLong(TTL), store.servedNs());
        return true;
    }

    /** The lease that ended first and still has a record, or 0. */
    long firstExpired() {
        try (Cursor<DirectBuffer> cursor = store.tables.leaseExpiries.openCursor(store.txn())) {
            boolean found = cursor.first() && cursor.key().getLong(0, BIG_ENDIAN) <= store.servedNs();
            return found ? cursor.key().getLong(8, BIG_ENDIAN) : 0;
        }
    }

    /** An inode attached to a lease, or 0. */
    long firstAttached(long lease) {
        try (Cursor<DirectBuffer> cursor = store.tables.leasedKeys.openCursor(store.txn())) {
            boolean found = cursor.get(store.key.of(lease, 0), GetOp.MDB_SET_RANGE)
                    && cursor.key().getLong(0, BIG_ENDIAN) == lease;
            return found ? cursor.key().getLong(8, BIG_ENDIAN) : 0;
        }
    }

    /** Forgets a lease without keys. */
    void remove(long lease) {
        if (load(lease)) {
            store.tables.leaseExpiries.delete(store.txn(), store.key.of(record.getLong(EXPIRY), lease));
            store.tables.leases.delete(store.txn(), store.key.of(lease));
        }
    }

    /** Attaches a file, which is saved by the caller, to a lease, or to none. */
    void attach(InodeRecord file, long lease) {
        detach(file);
        if (lease != 0) {
            store.tables.leasedKeys.put(store.txn(), store.key.of(lease, file.id()), store.emptyValue());
            store.tables.inodeLeases.put(store.txn(), store.key.of(file.id()), store.number(lease));
            file.flag(InodeRecord.HAS_LEASE, true);
        }
    }

    /** Detaches a file, which is saved by the caller, if it is attached. */
    void detach(InodeRecord file) {
        if (file.has(InodeRecord.HAS_LEASE)) {
            long lease = store.tables
                    .inodeLeases
                    .get(store.txn(), store.key.of(file.id()))
                    .getLong(0);
            store.tables.leasedKeys.delete(store.txn(), store.key.of(lease, file.id()));
            store.tables.inodeLeases.delete(store.txn(), store.key.of(file.id()));
            file.flag(InodeRecord.HAS_LEASE, false);
        }
    }

    /** Time of leases at which the next one ends, of what is committed; {@link Long#MAX_VALUE} if there is none. */
    static long nextExpiryNs(Tables tables) {
        try (Txn<DirectBuffer> txn = tables.env.txnRead();
                Cursor<DirectBuffer> cursor = tables.leaseExpiries.openCursor(txn)) {
            return cursor.first() ? cursor.key().getLong(0, BIG_ENDIAN) : Long.MAX_VALUE;
        }
    }
}

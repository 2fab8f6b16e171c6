package org.apollofs.namespace.state;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writer sessions: leases, and results of commands kept until the client has them, so that a command that is sent twice is
 * applied once. On the heap (there are as many as hosts), in snapshots like any table, and rolled back with an aborted
 * batch. Owned by the apply thread.
 */
final class SessionTable {
    /** A session's record in snapshots: nonce, lease, last seen, acked below. */
    private static final int RECORD_LENGTH = 4 * Long.BYTES;

    private final Long2ObjectHashMap<Session> sessions = new Long2ObjectHashMap<>();
    private final List<Session> touched = new ArrayList<>();
    private final List<Session> opened = new ArrayList<>();
    private final List<Session> removed = new ArrayList<>();

    /** One session. */
    static final class Session {
        final long id;
        final long nonce;
        final long leaseNs;
        private final Long2ObjectHashMap<byte[]> results = new Long2ObjectHashMap<>();
        private final LongArrayList added = new LongArrayList();
        private long lastSeenNs;
        private long ackedBelow;
        /** Up to where results are forgotten: follows {@code ackedBelow} at the end of a batch. */
        private long trimmedBelow;

        private long savedLastSeenNs;
        private long savedAckedBelow;
        private boolean isTouched;

        Session(long id, long nonce, long leaseNs, long nowNs) {
            this.id = id;
            this.nonce = nonce;
            this.leaseNs = leaseNs;
            lastSeenNs = nowNs;
        }

        /** Time of leases ({@link Store#servedNs}) from which the session is expired, unless it is heard of before. */
        long expiryNs() {
            return lastSeenNs + leaseNs;
        }

        /** Whether the client has the answer already, so that this can only be a late copy of the command. */
        boolean isAcked(long commandId) {
            return commandId < ackedBelow;
        }

        /** Encoded result of a command that was applied, or null. */
        byte[] result(long commandId) {
            return results.get(commandId);
        }

        void keep(long commandId, byte[] result) {
            results.put(commandId, result);
            added.addLong(commandId);
        }
    }

    Session get(long id) {
        return sessions.get(id);
    }

    int count() {
        return sessions.size();
    }

    Session byNonce(long nonce) {
        for (Session session : sessions.values()) {
            if (session.nonce == nonce) {
                return session;
            }
        }
        return null;
    }

    void open(Session session) {
        sessions.put(session.id, session);
        opened.add(session);
    }

    void remove(Session session) {
        sessions.remove(session.id);
        removed.add(session);
    }

    /** Notes that a session is heard of: its lease runs from now. */
    void touch(Session session, long nowNs, long ackedBelow) {
        if (!session.isTouched) {
            session.isTouched = true;
            session.savedLastSeenNs = session.lastSeenNs;
            session.savedAckedBelow = session.ackedBelow;
            touched.add(session);
        }
        session.lastSeenNs = nowNs;
        session.ackedBelow = Math.max(session.ackedBelow, ackedBelow);
    }

    /** A session whose lease is over, the one with the lowest id, or null. */
    Session expired(long nowNs) {
        Session first = null;
        for (Session session : sessions.values()) {
            if (session.expiryNs() <= nowNs && (first == null || session.id < first.id)) {
                first = session;
            }
        }
        return first;
    }

    /** Time of leases at which the next one ends; {@link Long#MAX_VALUE} if there is no session. */
    long nextExpiryNs() {
        long next = Long.MAX_VALUE;
        for (Session session : sessions.values()) {
            next = Math.min(next, session.expiryNs());
        }
        return next;
    }

    /** The batch is committed: acknowledged results are forgotten. */
    void commit() {
        for (int i = 0; i < touched.size(); i++) {
            Session session = touched.get(i);
            session.isTouched = false;
            session.added.clear();
            trim(session);
        }
        touched.clear();
        opened.clear();
        removed.clear();
    }

    private static void trim(Session session) {
        if (session.ackedBelow - session.trimmedBelow > session.results.size()) {
            // A client that skipped ids: look at what there is instead of at every id.
            session.results.keySet().removeIf(id -> id < session.ackedBelow);
        } else {
            for (long id = session.trimmedBelow; id < session.ackedBelow; id++) {
                session.results.remove(id);
            }
        }
        session.trimmedBelow = session.ackedBelow;
    }

    /** The batch is aborted: all is as before it. */
    void rollBack() {
        for (Session session : touched) {
            session.isTouched = false;
            session.lastSeenNs = session.savedLastSeenNs;
            session.ackedBelow = session.savedAckedBelow;
            session.added.forEachOrderedLong(session.results::remove);
            session.added.clear();
        }
        removed.forEach(session -> sessions.put(session.id, session));
        opened.forEach(session -> sessions.remove(session.id));
        touched.clear();
        opened.clear();
        removed.clear();
    }

    /** Whether sessions were opened or ended since the last commit. */
    boolean hasChanged() {
        return !opened.isEmpty() || !removed.isEmpty();
    }

    /** Numbers of the sessions that are open, rising, as a record for the tables. */
    DirectBuffer openRecord() {
        long[] numbers =
                sessions.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
        UnsafeBuffer record = new UnsafeBuffer(
                ByteBuffer.allocateDirect((numbers.length + 1) * Long.BYTES), 0, numbers.length * Long.BYTES);
        for (int i = 0; i < numbers.length; i++) {
            record.putLong(i * Long.BYTES, numbers[i]);
        }
        return record;
    }

    // Snapshots.

    /** Takes each session (key: id) and each kept result (key: id, command). */
    interface Visitor {
        void record(DirectBuffer key, DirectBuffer value);
    }

    /** Visits sessions in order of id, then their results in order of command. */
    void visit(Visitor sessionVisitor, Visitor resultVisitor) {
        Key key = new Key();
        UnsafeBuffer record = new UnsafeBuffer(ByteBuffer.allocateDirect(RECORD_LENGTH));
        List<Session> sorted = new ArrayList<>(sessions.values());
        sorted.sort((a, b) -> Long.compare(a.id, b.id));
        for (Session session : sorted) {
            record.putLong(0, session.nonce);
            record.putLong(8, session.leaseNs);
            record.putLong(16, session.lastSeenNs);
            record.putLong(24, session.ackedBelow);
            sessionVisitor.record(key.of(session.id), record);
        }
        for (Session session : sorted) {
            long[] ids = session.results.keySet().stream()
                    .mapToLong(Long::longValue)
                    .sorted()
                    .toArray();
            for (long id : ids) {
                resultVisitor.record(key.of(session.id, id), new UnsafeBuffer(session.results.get(id)));
            }
        }
    }

    void restoreSession(long id, DirectBuffer record) {
        Session session = new Session(id, record.getLong(0), record.getLong(8), record.getLong(16));
        session.ackedBelow = record.getLong(24);
        session.trimmedBelow = session.ackedBelow;
        sessions.put(id, session);
    }

    void restoreResult(long id, long commandId, DirectBuffer result) {
        byte[] bytes = new byte[result.capacity()];
        result.getBytes(0, bytes);
        sessions.get(id).results.put(commandId, bytes);
    }
}

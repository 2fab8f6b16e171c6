package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.NamespaceError;
import org.apollofs.namespace.command.ChangeRecord;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/** Reads the change log and its consumers. Has scratch buffers, so each reader needs its own. */
final class ChangeReader {
    /** Bytes of entries in a page, about: the answer stays below a command's limit. */
    static final int MAX_PAGE_LENGTH = 768 * 1024;
    /** Entries that are looked at for a page: a few milliseconds. */
    private static final int MAX_SCANNED = 32 * 1024;
    /**
     * Entries after which a reader beside the log lets others run: on a machine with few processors a writer's threads wait for
     * this one, and a page takes it half a millisecond.
     */
    private static final int YIELD_SCANNED = 2 * 1024;
    /** Consumers in a page. */
    static final int CONSUMERS_PAGE = 1024;

    private final Tables tables;
    private final Meta live;
    private final Key key = new Key();
    private final UnsafeBuffer block = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer run = new UnsafeBuffer(0, 0);
    private final ChangeRecord entry = new ChangeRecord();
    private int count;
    private int length;
    private long next;
    private long last;

    /** Takes the entries of a page. */
    interface Visitor {
        /**
         * Neighbours of one block, as they stand in it: a run of {@link ChangeRecord}s.
         *
         * @param sequence of the first.
         * @param run valid during the call.
         */
        void onRun(long sequence, DirectBuffer run);
    }

    /** @param live counters of the present batch; null where what is committed is read. */
    ChangeReader(Tables tables, Meta live) {
        this.tables = tables;
        this.live = live;
    }

    /** First and last sequence there are; the first is one beyond the last if all are gone, or none came yet. */
    ChangeLog.Range range(Txn<DirectBuffer> txn) {
        if (live != null) {
            return new ChangeLog.Range(live.get(Meta.FIRST_CHANGE), live.get(Meta.LAST_CHANGE));
        }
        DirectBuffer meta = tables.meta.get(txn, key.of(0));
        return new ChangeLog.Range(Meta.read(meta, Meta.FIRST_CHANGE), Meta.read(meta, Meta.LAST_CHANGE));
    }

    /** Hands out entries from a sequence on; {@link #next()} and {@link #last()} say how far that went. */
    void read(Txn<DirectBuffer> txn, long from, byte[] prefix, int limit, Visitor visitor) {
        ChangeLog.Range range = range(txn);
        if (from < range.first()) {
            throw new Refusal(
                    NamespaceError.EXPIRED,
                    "the change is not retained any more: from=" + from + ", first=" + range.first() + ", last="
                            + range.last());
        }
        next = from;
        last = range.last();
        if (from > last) {
            return;
        }
        count = 0;
        length = 0;
        int scanned = 0;
        int yielded = 0;
        try (Cursor<DirectBuffer> cursor = tables.changes.openCursor(txn)) {
            boolean isFound = ChangeTable.seek(cursor, key, from);
            while (isFound && count < limit && length < MAX_PAGE_LENGTH && scanned < MAX_SCANNED) {
                int at = enter(cursor, from);
                long first = next;
                isFound = cursor.next();
                long end = isFound ? cursor.key().getLong(0, BIG_ENDIAN) : last + 1;
                if (prefix.length == 0) {
                    all(at, end, limit, visitor);
                } else {
                    matching(at, prefix, limit, visitor);
                }
                scanned += (int) (next - first);
                if (live == null && scanned - yielded >= YIELD_SCANNED) {
                    yielded = scanned;
                    YieldingIdleStrategy.INSTANCE.idle();
                }
            }
        }
    }

    /** Takes the block at a cursor, and goes to its first entry from a sequence on. @return its offset. */
    private int enter(Cursor<DirectBuffer> cursor, long from) {
        // Bytes of the map do not move when the cursor does.
        block.wrap(cursor.val(), 0, cursor.val().capacity());
        next = cursor.key().getLong(0, BIG_ENDIAN);
        int at = 0;
        while (next < from) {
            at = ChangeRecord.after(block, at);
            next++;
        }
        return at;
    }

    /** All entries of the block from an offset on: they are not looked at, unless only some of them have room. */
    private void all(int at, long end, int limit, Visitor visitor) {
        int room = limit - count;
        if (end - next <= room) {
            hand(next, at, block.capacity(), (int) (end - next), visitor);
            next = end;
            return;
        }
        int to = at;
        for (int i = 0; i < room; i++) {
            to = ChangeRecord.after(block, to);
        }
        hand(next, at, to, room, visitor);
        next += room;
    }

    /** The entries of the block from an offset on that concern a prefix. */
    private void matching(int from, byte[] prefix, int limit, Visitor visitor) {
        int at = from;
        while (at < block.capacity() && count < limit) {
            int to = ChangeRecord.after(block, at);
            if (concerns(entry.wrap(next, block, at), prefix)) {
                hand(next, at, to, 1, visitor);
            }
            next++;
            at = to;
        }
    }

    private void hand(long sequence, int from, int to, int entries, Visitor visitor) {
        run.wrap(block, from, to - from);
        visitor.onRun(sequence, run);
        count += entries;
        length += ChangeRecord.RUN_HEADER + to - from;
    }

    /** Where the last page ended: the sequence to go on from. */
    long next() {
        return next;
    }

    /** The last sequence there was. */
    long last() {
        return last;
    }

    private boolean concerns(ChangeRecord change, byte[] prefix) {
        int path = change.pathOffset();
        int other = path + change.pathLength();
        if (startsWith(path, change.pathLength(), prefix) || startsWith(other, change.otherLength(), prefix)) {
            return true;
        }
        boolean moves = change.operation() == ChangeOperation.RENAME || change.operation() == ChangeOperation.EXCHANGE;
        return moves && (leadsTo(path, change.pathLength(), prefix) || leadsTo(other, change.otherLength(), prefix));
    }

    private boolean startsWith(int offset, int length, byte[] prefix) {
        return length >= prefix.length && matches(offset, prefix, prefix.length);
    }

    /** Whether a path is a directory above what begins with the prefix. */
    private boolean leadsTo(int offset, int length, byte[] prefix) {
        return length > 0 && length < prefix.length && prefix[length] == '/' && matches(offset, prefix, length);
    }

    private boolean matches(int offset, byte[] prefix, int length) {
        for (int i = 0; i < length; i++) {
            if (block.getByte(offset + i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    /** Offset of a consumer, or 0. */
    long consumerOffset(Txn<DirectBuffer> txn, DirectBuffer name) {
        if (name.capacity() == 0) {
            return 0;
        }
        DirectBuffer value = tables.consumers.get(txn, key.of(name));
        return value == null ? 0 : value.getLong(0);
    }

    /** Consumers after a name, in order. */
    Map<String, Long> consumersAfter(Txn<DirectBuffer> txn, DirectBuffer after, int limit) {
        Map<String, Long> found = new LinkedHashMap<>();
        try (Cursor<DirectBuffer> cursor = tables.consumers.openCursor(txn)) {
            boolean more = after.capacity() == 0 ? cursor.first() : cursor.get(key.of(after), GetOp.MDB_SET_RANGE);
            if (more && after.capacity() > 0 && isSame(cursor.key(), after)) {
                more = cursor.next();
            }
            while (more && found.size() < limit) {
                byte[] name = new byte[cursor.key().capacity()];
                cursor.key().getBytes(0, name);
                found.put(new String(name, StandardCharsets.UTF_8), cursor.val().getLong(0));
                more = cursor.next();
            }
        }
        return found;
    }

    private static boolean isSame(DirectBuffer left, DirectBuffer right) {
        if (left.capacity() != right.capacity()) {
            return false;
        }
        for (int i = 0; i < left.capacity(); i++) {
            if (left.getByte(i) != right.getByte(i)) {
                return false;
            }
        }
        return true;
    }
}

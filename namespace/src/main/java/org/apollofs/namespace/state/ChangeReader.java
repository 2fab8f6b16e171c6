package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static org.apollofs.namespace.command.ChangeRecord.OPERATION;
import static org.apollofs.namespace.command.ChangeRecord.OTHER_LENGTH;
import static org.apollofs.namespace.command.ChangeRecord.PATH;
import static org.apollofs.namespace.command.ChangeRecord.PATH_LENGTH;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.ChangeLog;
import org.apollofs.namespace.client.ChangeOperation;
import org.apollofs.namespace.client.NamespaceError;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/** Reads the change log and its consumers. Has scratch buffers, so each reader needs its own. */
final class ChangeReader {
    /** Bytes of entries in a page, about: the answer stays below a command's limit. */
    private static final int MAX_PAGE_LENGTH = 768 * 1024;
    /** Entries that are looked at for a page: a few milliseconds. */
    private static final int MAX_SCANNED = 32 * 1024;
    /** Consumers in a page. */
    static final int CONSUMERS_PAGE = 1024;

    private final Tables tables;
    private final Meta live;
    private final Key key = new Key();
    private final UnsafeBuffer entry = new UnsafeBuffer(0, 0);
    private long next;
    private long last;

    /** Takes the entries of a page. */
    interface Visitor {
        void onEntry(long sequence, DirectBuffer entry);
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
        int count = 0;
        int length = 0;
        int scanned = 0;
        try (Cursor<DirectBuffer> cursor = tables.changes.openCursor(txn)) {
            boolean found = ChangeTable.seek(cursor, key, from);
            while (found) {
                DirectBuffer block = cursor.val();
                long sequence = cursor.key().getLong(0, BIG_ENDIAN);
                for (int at = 0; at < block.capacity(); at = ChangeTable.after(block, at), sequence++) {
                    if (sequence < from) {
                        continue;
                    }
                    if (count >= limit || length >= MAX_PAGE_LENGTH || scanned >= MAX_SCANNED) {
                        return;
                    }
                    entry.wrap(block, at + ChangeTable.LENGTH_PREFIX, block.getInt(at));
                    next = sequence + 1;
                    scanned++;
                    if (prefix.length == 0 || concerns(entry, prefix)) {
                        visitor.onEntry(sequence, entry);
                        count++;
                        length += Integer.BYTES + Long.BYTES + entry.capacity();
                    }
                }
                found = cursor.next();
            }
        }
    }

    /** Where the last page ended: the sequence to go on from. */
    long next() {
        return next;
    }

    /** The last sequence there was. */
    long last() {
        return last;
    }

    private static boolean concerns(DirectBuffer entry, byte[] prefix) {
        int pathLength = entry.getInt(PATH_LENGTH);
        int otherLength = entry.getInt(OTHER_LENGTH);
        if (startsWith(entry, PATH, pathLength, prefix) || startsWith(entry, PATH + pathLength, otherLength, prefix)) {
            return true;
        }
        int operation = entry.getInt(OPERATION);
        boolean moves = operation == ChangeOperation.RENAME.code() || operation == ChangeOperation.EXCHANGE.code();
        return moves
                && (leadsTo(entry, PATH, pathLength, prefix) || leadsTo(entry, PATH + pathLength, otherLength, prefix));
    }

    private static boolean startsWith(DirectBuffer entry, int offset, int length, byte[] prefix) {
        return length >= prefix.length && matches(entry, offset, prefix, prefix.length);
    }

    /** Whether a path is a directory above what begins with the prefix. */
    private static boolean leadsTo(DirectBuffer entry, int offset, int length, byte[] prefix) {
        return length > 0 && length < prefix.length && prefix[length] == '/' && matches(entry, offset, prefix, length);
    }

    private static boolean matches(DirectBuffer entry, int offset, byte[] prefix, int length) {
        for (int i = 0; i < length; i++) {
            if (entry.getByte(offset + i) != prefix[i]) {
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

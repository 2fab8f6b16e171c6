package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2IntHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.apollofs.namespace.client.Extent;
import org.apollofs.namespace.client.NamespaceError;
import org.lmdbjava.Cursor;
import org.lmdbjava.GetOp;

/**
 * Extents of files: laid over each other, cut, split, and the stripes they leave behind.
 *
 * <p>Two tables. {@code extents} holds them by file offset, never overlapping; {@code lines} holds each once more by its
 * place in the line of the session's chunks. Bytes of a chunk belong to one extent, so the extents of an inode do not
 * overlap in that order either, and whether a stripe is still referred to is one look at the extents that begin at or
 * before it. That matters at the ends of a cut: a stripe at the boundary is shared by the slices left and right of it, and
 * a stripe that was filled by small writes is shared by extents anywhere in the file.
 *
 * <p>What a command cuts is noted, and {@link #free} puts into the queue of freed runs, once all extents are laid, the
 * stripes among it that no extent of the inode refers to any more. Owned by the apply thread.
 *
 * <pre>
 *  0        8         16       24      28            32            36          40
 *  | length | session | stripe | index | chunkOffset | chunkStride | placement |
 * </pre>
 */
final class ExtentTable {
    static final int RECORD_LENGTH = 40;
    /** Extents that are looked at together when many are cut. */
    private static final int CUT_BATCH = 1024;

    private static final Comparator<StripeRange> BY_LINE =
            Comparator.comparingLong(StripeRange::session).thenComparingLong(StripeRange::first);

    private final Store store;
    private final Int2IntHashMap dataChunks = new Int2IntHashMap(0);
    private final UnsafeBuffer record = new UnsafeBuffer(ByteBuffer.allocateDirect(RECORD_LENGTH));
    private final UnsafeBuffer run = new UnsafeBuffer(ByteBuffer.allocateDirect(FREED_LENGTH));
    private final List<Extent> hits = new ArrayList<>();
    private final List<StripeRange> cut = new ArrayList<>();

    /** A freed run in its table: session, first stripe, count, placement. */
    static final int FREED_LENGTH = 28;

    ExtentTable(Store store) {
        this.store = store;
    }

    /** Stripes that an extent, or a part of it that was cut, referred to. */
    private record StripeRange(long session, int placement, long first, long last) {}

    /** k of a placement table, or 0 if there is none of that id. */
    int dataChunks(int placement) {
        int k = dataChunks.get(placement);
        if (k == 0) {
            DirectBuffer value = store.tables.placements.get(store.txn(), store.key.of(placement));
            if (value != null) {
                k = value.getInt(PlacementRecord.DATA_CHUNKS);
                dataChunks.put(placement, k);
            }
        }
        return k;
    }

    /** Forgets what an aborted batch may have cached. */
    void onAbort() {
        dataChunks.clear();
        cut.clear();
    }

    /** Refuses an extent that contradicts itself. */
    void check(Extent extent) {
        int k = extent.placement() < 1 ? 0 : dataChunks(extent.placement());
        boolean sound = k > 0
                && extent.fileOffset() >= 0
                && extent.length() > 0
                && extent.end() > 0
                && extent.session() > 0
                && extent.stripe() >= 0
                && extent.index() >= 0
                && extent.index() < k
                && extent.chunkStride() > 0
                && extent.chunkOffset() >= 0
                && extent.chunkOffset() < extent.chunkStride();
        if (!sound) {
            throw new Refusal(NamespaceError.INVALID, "unsound extent: dataChunks=" + k + ", " + extent);
        }
    }

    /** Lays an extent over what is there. @return by how much the number of extents changed. */
    long lay(long inode, Extent extent) {
        long delta = cut(inode, extent.fileOffset(), extent.end());
        Extent before = endingAt(inode, extent.fileOffset());
        if (before != null && before.continuesWith(extent, dataChunks(extent.placement()))) {
            put(inode, before.withLength(before.length() + extent.length()));
            return delta;
        }
        put(inode, extent);
        return delta + 1;
    }

    /** Removes a range of the file from all extents. @return by how much the number of extents changed. */
    long cut(long inode, long from, long to) {
        long delta = 0;
        while (findOverlapping(inode, from, to)) {
            for (int i = 0; i < hits.size(); i++) {
                delta += cutOne(inode, hits.get(i), from, to);
            }
        }
        return delta;
    }

    private long cutOne(long inode, Extent extent, long from, long to) {
        int k = dataChunks(extent.placement());
        long cutFrom = Math.max(from, extent.fileOffset());
        long cutTo = Math.min(to, extent.end());
        Extent gone = extent.slice(cutFrom, cutTo, k);
        cut.add(new StripeRange(gone.session(), gone.placement(), gone.stripe(), gone.lastStripe(k)));
        remove(inode, extent);
        long delta = -1;
        if (extent.fileOffset() < cutFrom) {
            put(inode, extent.slice(extent.fileOffset(), cutFrom, k));
            delta++;
        }
        if (extent.end() > cutTo) {
            put(inode, extent.slice(cutTo, extent.end(), k));
            delta++;
        }
        return delta;
    }

    /** Collects some of the extents that overlap a range; false if there are none. */
    private boolean findOverlapping(long inode, long from, long to) {
        hits.clear();
        try (Cursor<DirectBuffer> cursor = store.tables.extents.openCursor(store.txn())) {
            boolean found = cursor.get(store.key.of(inode, from), GetOp.MDB_SET_RANGE);
            // The one before may reach into the range.
            if (found ? cursor.prev() : cursor.last()) {
                Extent before = decode(cursor.key(), cursor.val());
                if (inodeOf(cursor.key()) == inode && before.end() > from && before.fileOffset() < from) {
                    hits.add(before);
                }
            }
            found = cursor.get(store.key.of(inode, from), GetOp.MDB_SET_RANGE);
            while (found && hits.size() < CUT_BATCH && inodeOf(cursor.key()) == inode) {
                Extent extent = decode(cursor.key(), cursor.val());
                if (extent.fileOffset() >= to) {
                    break;
                }
                hits.add(extent);
                found = cursor.next();
            }
        }
        return !hits.isEmpty();
    }

    private Extent endingAt(long inode, long offset) {
        try (Cursor<DirectBuffer> cursor = store.tables.extents.openCursor(store.txn())) {
            boolean found = cursor.get(store.key.of(inode, offset), GetOp.MDB_SET_RANGE);
            if ((found ? cursor.prev() : cursor.last()) && inodeOf(cursor.key()) == inode) {
                Extent before = decode(cursor.key(), cursor.val());
                return before.end() == offset ? before : null;
            }
            return null;
        }
    }

    private void put(long inode, Extent e) {
        encode(record, e);
        store.tables.extents.put(store.txn(), store.key.of(inode, e.fileOffset()), record);
        store.tables.lines.put(store.txn(), lineKey(inode, e), store.number(e.lastStripe(dataChunks(e.placement()))));
    }

    private void remove(long inode, Extent e) {
        store.tables.extents.delete(store.txn(), store.key.of(inode, e.fileOffset()));
        store.tables.lines.delete(store.txn(), lineKey(inode, e));
    }

    private DirectBuffer lineKey(long inode, Extent e) {
        return store.key.line(inode, e.session(), e.stripe(), e.index(), e.chunkOffset(), e.fileOffset());
    }

    /** Queues the stripes, among those noted by cuts since the last call, that the inode has no use for any more. */
    void free(long inode) {
        if (cut.isEmpty()) {
            return;
        }
        cut.sort(BY_LINE);
        StripeRange range = cut.getFirst();
        for (int i = 1; i < cut.size(); i++) {
            StripeRange next = cut.get(i);
            // Ranges that touch become one: runs in the queue are long, and no stripe is queued twice.
            if (next.session == range.session && next.placement == range.placement && next.first <= range.last + 1) {
                range = new StripeRange(range.session, range.placement, range.first, Math.max(range.last, next.last));
            } else {
                freeUnreferenced(inode, range);
                range = next;
            }
        }
        freeUnreferenced(inode, range);
        cut.clear();
    }

    private void freeUnreferenced(long inode, StripeRange range) {
        long stripe = range.first;
        while (stripe <= range.last) {
            long[] next = nextReferenced(inode, range.session, stripe);
            long unreferencedEnd = Math.min(range.last + 1, next[0]);
            if (unreferencedEnd > stripe) {
                queue(range.session, stripe, unreferencedEnd - stripe, range.placement);
            }
            stripe = Math.max(unreferencedEnd, next[1] + 1);
        }
    }

    /** First stripe from {@code stripe} on that an extent refers to, and the last one of that extent. */
    private long[] nextReferenced(long inode, long session, long stripe) {
        try (Cursor<DirectBuffer> cursor = store.tables.lines.openCursor(store.txn())) {
            boolean found = cursor.get(store.key.line(inode, session, stripe, 0, 0, 0), GetOp.MDB_SET_RANGE);
            if ((found ? cursor.prev() : cursor.last()) && isOf(cursor.key(), inode, session)) {
                long last = cursor.val().getLong(0);
                if (last >= stripe) {
                    return new long[] {stripe, last};
                }
            }
            found = cursor.get(store.key.line(inode, session, stripe, 0, 0, 0), GetOp.MDB_SET_RANGE);
            if (found && isOf(cursor.key(), inode, session)) {
                return new long[] {
                    cursor.key().getLong(16, BIG_ENDIAN), cursor.val().getLong(0)
                };
            }
            return new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1};
        }
    }

    private void queue(long session, long firstStripe, long count, int placement) {
        run.putLong(0, session);
        run.putLong(8, firstStripe);
        run.putLong(16, count);
        run.putInt(24, placement);
        store.tables.freed.put(store.txn(), store.key.of(store.meta.next(Meta.NEXT_FREED)), run);
    }

    private static boolean isOf(DirectBuffer lineKey, long inode, long session) {
        return lineKey.getLong(0, BIG_ENDIAN) == inode && lineKey.getLong(8, BIG_ENDIAN) == session;
    }

    static long inodeOf(DirectBuffer key) {
        return key.getLong(0, BIG_ENDIAN);
    }

    private static void encode(UnsafeBuffer buffer, Extent e) {
        buffer.putLong(0, e.length());
        buffer.putLong(8, e.session());
        buffer.putLong(16, e.stripe());
        buffer.putInt(24, e.index());
        buffer.putInt(28, e.chunkOffset());
        buffer.putInt(32, e.chunkStride());
        buffer.putInt(36, e.placement());
    }

    /** An extent of the table. */
    static Extent decode(DirectBuffer key, DirectBuffer value) {
        return new Extent(
                key.getLong(8, BIG_ENDIAN),
                value.getLong(0),
                value.getLong(8),
                value.getLong(16),
                value.getInt(24),
                value.getInt(28),
                value.getInt(32),
                value.getInt(36));
    }
}

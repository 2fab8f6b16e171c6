package org.apollofs.io.chunk;

import org.agrona.DirectBuffer;

/**
 * Which chunks a target holds, and where: a map from (session, stripe, index) to a {@link ChunkEntry}, outside the heap.
 *
 * <p>It is cut into segments of about four thousand entries by the top bits of the name's hash. Each grows alone, so there
 * are no long pauses; the snapshot writer takes a segment at a time; and {@link #list} goes in hash order, which neither
 * growth nor removal disturbs: an entry that stays is listed exactly once. A chunk of 1 MiB takes 64 bytes of checksums and
 * 43 to 85 bytes of table.
 *
 * <p>One owner, who closes it. Nothing allocates on the heap after the segments are made.
 */
final class ChunkIndex implements AutoCloseable {
    /** Receives entries; the holder is reused. */
    @FunctionalInterface
    interface EntryConsumer {
        void accept(ChunkEntry entry);
    }

    /** Most checksums of a chunk: 16 MiB in blocks of 64 KiB. */
    static final int MAX_CHECKSUMS = SizeClass.MAX_LENGTH / SizeClass.UNIT_LENGTH;
    /** Most stripe lengths kept with a chunk. */
    static final int MAX_STRIPE_LENGTHS = 255;
    /** Largest chunk index. */
    static final int MAX_INDEX = 0xFFFF;

    private static final int SEGMENT_TARGET_SIZE = 4096;
    private static final int MAX_SEGMENT_BITS = 16;

    private final IndexSegment[] segments;
    private final int segmentBits;
    private final ChecksumArena arena = new ChecksumArena(MAX_CHECKSUMS + MAX_STRIPE_LENGTHS);
    private long size;

    /** @param expectedChunks how many chunks the target is likely to hold when full: decides the number of segments. */
    ChunkIndex(long expectedChunks) {
        int bits = 0;
        while (bits < MAX_SEGMENT_BITS && (expectedChunks >>> bits) > SEGMENT_TARGET_SIZE) {
            bits++;
        }
        segmentBits = bits;
        segments = new IndexSegment[1 << bits];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = new IndexSegment();
        }
    }

    private int segmentOf(long hash) {
        return segmentBits == 0 ? 0 : (int) (hash >>> (Long.SIZE - segmentBits));
    }

    /** Makes room ahead, so that loading a snapshot does not grow the tables step by step. */
    void expect(long chunkCount) {
        int each = (int) Math.min(Integer.MAX_VALUE / 64, chunkCount / segments.length + 1);
        for (IndexSegment segment : segments) {
            segment.ensureRoomFor(each);
        }
    }

    /** Looks a chunk up. @param entry filled if it is there; its buffers are valid until the index changes. */
    boolean get(long session, long stripe, int index, ChunkEntry entry) {
        long hash = IndexSegment.hash(session, stripe, index);
        IndexSegment segment = segments[segmentOf(hash)];
        int slot = segment.find(hash, session, stripe, index);
        if (slot < 0) {
            return false;
        }
        read(segment, slot, entry);
        return true;
    }

    /**
     * Adds or replaces a chunk. The entry's checksums and stripe lengths are copied, and may not be views of this index.
     *
     * @param replaced gets name, offset, length and order of the chunk that was there, no buffers.
     * @return true if one was there.
     */
    boolean put(ChunkEntry entry, ChunkEntry replaced) {
        long hash = IndexSegment.hash(entry.session, entry.stripe, entry.index);
        IndexSegment segment = segments[segmentOf(hash)];
        segment.ensureRoomFor(segment.size() + 1);
        int slot = segment.find(hash, entry.session, entry.stripe, entry.index);
        boolean found = slot >= 0;
        if (found) {
            segment.read(slot, replaced);
            freeSums(segment, slot);
        } else {
            slot = -slot - 1;
            size++;
        }
        int stripeLengthCount = entry.stripeLengthCount();
        segment.write(slot, entry, stripeLengthCount, storeSums(entry, stripeLengthCount));
        return found;
    }

    /** Removes a chunk. @param removed as in {@link #put}. @return false if it was not there. */
    boolean remove(long session, long stripe, int index, ChunkEntry removed) {
        long hash = IndexSegment.hash(session, stripe, index);
        IndexSegment segment = segments[segmentOf(hash)];
        int slot = segment.find(hash, session, stripe, index);
        if (slot < 0) {
            return false;
        }
        segment.read(slot, removed);
        freeSums(segment, slot);
        segment.remove(slot);
        size--;
        return true;
    }

    private int storeSums(ChunkEntry entry, int stripeLengthCount) {
        DirectBuffer checksums = entry.checksums;
        int count = entry.checksumCount();
        if (count == 1 && stripeLengthCount == 0) {
            return checksums.getInt(0);
        }
        int name = arena.allocate(count + stripeLengthCount);
        arena.put(name, 0, checksums, count * Integer.BYTES);
        arena.put(name, count, entry.stripeLengths, stripeLengthCount * Integer.BYTES);
        return name;
    }

    private void freeSums(IndexSegment segment, int slot) {
        int count = ChunkEntry.checksumCount(segment.length(slot));
        int stripeLengthCount = segment.stripeLengthCount(slot);
        if (count != 1 || stripeLengthCount != 0) {
            arena.free(segment.sums(slot), count + stripeLengthCount);
        }
    }

    private void read(IndexSegment segment, int slot, ChunkEntry entry) {
        segment.read(slot, entry);
        int count = entry.checksumCount();
        int stripeLengthCount = segment.stripeLengthCount(slot);
        if (count == 1 && stripeLengthCount == 0) {
            segment.wrapSums(slot, entry.checksums);
            entry.stripeLengths.wrap(0, 0);
        } else {
            int name = segment.sums(slot);
            arena.wrap(name, 0, count, entry.checksums);
            arena.wrap(name, count, stripeLengthCount, entry.stripeLengths);
        }
    }

    /** Number of chunks. */
    long size() {
        return size;
    }

    /** Number of segments, for {@link #forEach}. */
    int segmentCount() {
        return segments.length;
    }

    /** Chunks of one segment. */
    int segmentSize(int segment) {
        return segments[segment].size();
    }

    /** Hands out the chunks of one segment, in no order. The index may not change meanwhile. */
    void forEach(int segmentIndex, ChunkEntry entry, EntryConsumer consumer) {
        IndexSegment segment = segments[segmentIndex];
        for (int slot = 0; slot < segment.capacity(); slot++) {
            if (segment.isUsed(slot)) {
                read(segment, slot, entry);
                consumer.accept(entry);
            }
        }
    }

    /**
     * Hands out a page of chunks in hash order. Cold: looks at a whole segment.
     *
     * @param cursor 0 to begin, else what the last call gave.
     * @param limit how many to hand out, at least 1; a few more come if hashes are equal.
     * @return cursor of the next page, or 0 at the end. (A hash of 0 is listed with the first page.)
     */
    long list(long cursor, int limit, ChunkEntry entry, EntryConsumer consumer) {
        int first = cursor == 0 ? 0 : segmentOf(cursor);
        long last = cursor;
        int count = 0;
        for (int i = first; i < segments.length && count < limit; i++) {
            IndexSegment segment = segments[i];
            HashOrder order = new HashOrder(segment, cursor);
            for (int k = 0; k < order.count(); k++) {
                long hash = order.hash(k);
                if (count >= limit && hash != last) {
                    return last;
                }
                read(segment, order.slot(k), entry);
                consumer.accept(entry);
                last = hash;
                count++;
            }
        }
        return count >= limit && hasMoreAfter(last) ? last : 0;
    }

    private boolean hasMoreAfter(long cursor) {
        int first = segmentOf(cursor);
        if (new HashOrder(segments[first], cursor).count() > 0) {
            return true;
        }
        for (int i = first + 1; i < segments.length; i++) {
            if (segments[i].size() > 0) {
                return true;
            }
        }
        return false;
    }

    /** Bytes outside the heap. */
    long memoryBytes() {
        long bytes = arena.memoryBytes();
        for (IndexSegment segment : segments) {
            bytes += (long) segment.capacity() * IndexSegment.ENTRY_LENGTH;
        }
        return bytes;
    }

    @Override
    public void close() {
        for (IndexSegment segment : segments) {
            segment.close();
        }
        arena.close();
    }
}

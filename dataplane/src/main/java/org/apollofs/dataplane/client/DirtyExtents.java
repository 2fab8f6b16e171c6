package org.apollofs.dataplane.client;

import java.util.Arrays;
import org.apollofs.dataplane.stripe.Chunk;

/**
 * What a file holds that is not committed: ranges of the file and the chunks with their bytes, sorted by file offset,
 * never overlapping. A newer range takes the place of what it covers.
 *
 * <p>Guarded by the file's lock. Parallel arrays, so a range costs 28 bytes and appending one nothing.
 */
final class DirtyExtents {
    private static final int FIRST_CAPACITY = 16;

    private long[] offsets = new long[FIRST_CAPACITY];
    private int[] lengths = new int[FIRST_CAPACITY];
    private int[] chunkOffsets = new int[FIRST_CAPACITY];
    private Chunk[] chunks = new Chunk[FIRST_CAPACITY];
    private int count;

    /** Ranges there are. */
    int count() {
        return count;
    }

    long offset(int i) {
        return offsets[i];
    }

    int length(int i) {
        return lengths[i];
    }

    long end(int i) {
        return offsets[i] + lengths[i];
    }

    /** Byte of the chunk at which the range begins. */
    int chunkOffset(int i) {
        return chunkOffsets[i];
    }

    Chunk chunk(int i) {
        return chunks[i];
    }

    /** First byte of the file after all ranges, or 0. */
    long end() {
        return count == 0 ? 0 : end(count - 1);
    }

    /** First range that ends after an offset, or {@link #count()}. */
    int firstEndingAfter(long offset) {
        if (count > 0 && end(count - 1) <= offset) {
            return count;
        }
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Lays a range over what is there. */
    void put(long offset, int length, Chunk chunk, int chunkOffset) {
        int at = cut(offset, offset + length);
        int before = at - 1;
        if (before >= 0
                && chunks[before] == chunk
                && end(before) == offset
                && chunkOffsets[before] + lengths[before] == chunkOffset) {
            lengths[before] += length;
            return;
        }
        insert(at, offset, length, chunk, chunkOffset);
    }

    /** Removes a part of the file. @return where a range that begins at {@code start} belongs. */
    private int cut(long start, long end) {
        int first = firstEndingAfter(start);
        if (first < count && offsets[first] < start) {
            if (end(first) > end) {
                // The new range lies within an old one, of which two parts stay.
                int skip = (int) (end - offsets[first]);
                insert(first + 1, end, lengths[first] - skip, chunks[first], chunkOffsets[first] + skip);
            }
            lengths[first] = (int) (start - offsets[first]);
            first++;
        }
        int last = first;
        while (last < count && end(last) <= end) {
            last++;
        }
        remove(first, last);
        if (first < count && offsets[first] < end) {
            int skip = (int) (end - offsets[first]);
            offsets[first] += skip;
            lengths[first] -= skip;
            chunkOffsets[first] += skip;
        }
        return first;
    }

    private void insert(int at, long offset, int length, Chunk chunk, int chunkOffset) {
        if (count == offsets.length) {
            int capacity = 2 * count;
            offsets = Arrays.copyOf(offsets, capacity);
            lengths = Arrays.copyOf(lengths, capacity);
            chunkOffsets = Arrays.copyOf(chunkOffsets, capacity);
            chunks = Arrays.copyOf(chunks, capacity);
        }
        if (at < count) {
            System.arraycopy(offsets, at, offsets, at + 1, count - at);
            System.arraycopy(lengths, at, lengths, at + 1, count - at);
            System.arraycopy(chunkOffsets, at, chunkOffsets, at + 1, count - at);
            System.arraycopy(chunks, at, chunks, at + 1, count - at);
        }
        offsets[at] = offset;
        lengths[at] = length;
        chunkOffsets[at] = chunkOffset;
        chunks[at] = chunk;
        count++;
    }

    private void remove(int first, int last) {
        if (first == last) {
            return;
        }
        System.arraycopy(offsets, last, offsets, first, count - last);
        System.arraycopy(lengths, last, lengths, first, count - last);
        System.arraycopy(chunkOffsets, last, chunkOffsets, first, count - last);
        System.arraycopy(chunks, last, chunks, first, count - last);
        int left = count - (last - first);
        Arrays.fill(chunks, left, count, null);
        count = left;
    }

    /** Which ranges to remove. */
    interface Condition {
        /** Whether a chunk's ranges go. */
        boolean test(Chunk chunk);
    }

    /** Removes the ranges of some chunks. @return how many. */
    int removeIf(Condition condition) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (!condition.test(chunks[i])) {
                offsets[kept] = offsets[i];
                lengths[kept] = lengths[i];
                chunkOffsets[kept] = chunkOffsets[i];
                chunks[kept++] = chunks[i];
            }
        }
        int removed = count - kept;
        Arrays.fill(chunks, kept, count, null);
        count = kept;
        return removed;
    }

    /** Removes all. */
    void clear() {
        Arrays.fill(chunks, 0, count, null);
        count = 0;
        if (offsets.length > 1024) {
            offsets = new long[FIRST_CAPACITY];
            lengths = new int[FIRST_CAPACITY];
            chunkOffsets = new int[FIRST_CAPACITY];
            chunks = new Chunk[FIRST_CAPACITY];
        }
    }

    /** The ranges now of chunks that have their place in a stripe, to be committed later. */
    CommitRanges copyPlaced() {
        int capacity = Math.max(1, count);
        CommitRanges copy = new CommitRanges(capacity);
        for (int i = 0; i < count; i++) {
            if (chunks[i].stripe() != null) {
                copy.add(offsets[i], lengths[i], chunks[i], chunkOffsets[i]);
            }
        }
        return copy;
    }
}

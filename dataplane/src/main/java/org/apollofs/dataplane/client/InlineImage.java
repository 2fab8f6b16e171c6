package org.apollofs.dataplane.client;

import java.util.Arrays;
import java.util.BitSet;
import org.agrona.DirectBuffer;

/**
 * The whole content of a small file, with which of its bytes this host has written and not committed. Guarded by the
 * file's lock.
 */
final class InlineImage {
    private final int limit;
    private byte[] bytes;
    private int size;
    private final BitSet written = new BitSet();

    /** @param limit most bytes. @param committed what the file holds so far. @param committedSize its size. */
    InlineImage(int limit, byte[] committed, int committedSize) {
        this.limit = limit;
        this.bytes = Arrays.copyOf(committed, Math.max(committedSize, committed.length));
        this.size = committedSize;
    }

    int size() {
        return size;
    }

    /** Writes; the caller has checked that it ends within the limit. */
    void write(int offset, DirectBuffer source, int sourceOffset, int length) {
        int end = offset + length;
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(limit, Math.max(end, 2 * bytes.length)));
        }
        source.getBytes(sourceOffset, bytes, offset, length);
        written.set(offset, end);
        size = Math.max(size, end);
    }

    /** The backing array: valid up to {@link #size()}, until the next write. */
    byte[] array() {
        return bytes;
    }

    /** The whole content, a copy. */
    byte[] content() {
        return Arrays.copyOf(bytes, size);
    }

    /** Start of the next written range from an offset on, or -1. */
    int nextWritten(int from) {
        return written.nextSetBit(from);
    }

    /** End of the written range that begins at an offset. */
    int endOfWritten(int from) {
        return written.nextClearBit(from);
    }

    /** Lays what was written here over another content. @return the bytes that were written, laid over. */
    InlineImage over(byte[] committed, int committedSize) {
        InlineImage merged = new InlineImage(limit, committed, committedSize);
        merged.bytes = Arrays.copyOf(merged.bytes, Math.max(merged.bytes.length, bytes.length));
        for (int from = nextWritten(0); from >= 0; from = nextWritten(endOfWritten(from))) {
            int end = endOfWritten(from);
            System.arraycopy(bytes, from, merged.bytes, from, end - from);
            merged.written.set(from, end);
            merged.size = Math.max(merged.size, end);
        }
        return merged;
    }
}

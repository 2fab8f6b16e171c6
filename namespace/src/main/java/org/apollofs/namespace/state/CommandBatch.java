package org.apollofs.namespace.state;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Commands that are applied together, copied, since the batch is applied again when the map was full. Owned by the apply
 * thread.
 *
 * <pre>
 *  0          8             16    24       28      32
 *  | position | timestampNs | tag | length | spare | command ... | padding to 8 |
 * </pre>
 */
final class CommandBatch {
    private static final int POSITION = 0;
    private static final int TIMESTAMP = 8;
    private static final int TAG = 16;
    private static final int LENGTH = 24;
    private static final int COMMAND = 32;

    private final ExpandableDirectByteBuffer bytes = new ExpandableDirectByteBuffer(256 * 1024);
    private final IntArrayList offsets = new IntArrayList();
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private int limit;

    void add(long position, long timestampNs, long tag, DirectBuffer command, int offset, int length) {
        bytes.putLong(limit + POSITION, position);
        bytes.putLong(limit + TIMESTAMP, timestampNs);
        bytes.putLong(limit + TAG, tag);
        bytes.putInt(limit + LENGTH, length);
        bytes.putBytes(limit + COMMAND, command, offset, length);
        offsets.addInt(limit);
        limit = (limit + COMMAND + length + 7) & ~7;
    }

    int count() {
        return offsets.size();
    }

    /** Bytes that the batch takes. */
    int length() {
        return limit;
    }

    long position(int index) {
        return bytes.getLong(offsets.getInt(index) + POSITION);
    }

    long timestampNs(int index) {
        return bytes.getLong(offsets.getInt(index) + TIMESTAMP);
    }

    long tag(int index) {
        return bytes.getLong(offsets.getInt(index) + TAG);
    }

    /** The command; valid until the next call. */
    DirectBuffer command(int index) {
        int offset = offsets.getInt(index);
        view.wrap(bytes, offset + COMMAND, bytes.getInt(offset + LENGTH));
        return view;
    }

    void clear() {
        offsets.clear();
        limit = 0;
    }
}

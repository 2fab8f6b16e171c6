package org.apollofs.namespace.cluster;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What the member that leads says in the log of the space on its disk, so that all members refuse the same commands.
 *
 * <pre>
 *  0    4       8
 *  | -2 | isLow |
 * </pre>
 *
 * The first field is where commands have a length, which is never negative; see also {@link ReadBarrier}.
 */
final class SpaceNotice {
    static final int LENGTH = 8;
    private static final int MARK = -2;

    private SpaceNotice() {}

    static void put(MutableDirectBuffer buffer, boolean isLow) {
        buffer.putInt(0, MARK, LITTLE_ENDIAN);
        buffer.putInt(4, isLow ? 1 : 0, LITTLE_ENDIAN);
    }

    static boolean isNotice(DirectBuffer buffer, int offset, int length) {
        return length == LENGTH && buffer.getInt(offset, LITTLE_ENDIAN) == MARK;
    }

    static boolean isLow(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + 4, LITTLE_ENDIAN) != 0;
    }
}

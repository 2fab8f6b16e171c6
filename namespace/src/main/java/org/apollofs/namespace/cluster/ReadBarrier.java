package org.apollofs.namespace.cluster;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.security.SecureRandom;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A mark that a member puts into the log to know when all before it is applied here. It changes nothing.
 *
 * <p>What a client was told before it asked a question stands in the log before a mark that is sent after the question came.
 * So once the mark has come back in the log and what is before it is applied, this member's tables answer the question as
 * the whole cluster would; whoever leads, and whether or not this member knows it.
 *
 * <pre>
 *  0    4      8        16
 *  | -1 | zero | member | number |
 * </pre>
 *
 * The first field is where commands have a length, which is never negative.
 */
final class ReadBarrier {
    static final int LENGTH = 24;
    private static final int MARK = -1;

    /** Names this start of this member: marks of earlier ones do not count. */
    private final long member = new SecureRandom().nextLong();

    private long seen;
    private volatile long applied;

    /** Encodes a mark. */
    void put(MutableDirectBuffer buffer, long number) {
        buffer.putInt(0, MARK, LITTLE_ENDIAN);
        buffer.putInt(4, 0, LITTLE_ENDIAN);
        buffer.putLong(8, member, LITTLE_ENDIAN);
        buffer.putLong(16, number, LITTLE_ENDIAN);
    }

    static boolean isBarrier(DirectBuffer buffer, int offset, int length) {
        return length == LENGTH && buffer.getInt(offset, LITTLE_ENDIAN) == MARK;
    }

    /** A mark has come in the log; what is before it may not be applied yet. The service's thread. */
    void onLogged(DirectBuffer buffer, int offset) {
        if (buffer.getLong(offset + 8, LITTLE_ENDIAN) == member) {
            seen = Math.max(seen, buffer.getLong(offset + 16, LITTLE_ENDIAN));
        }
    }

    /** Whether a mark has come that {@link #onApplied} was not called after. The service's thread. */
    boolean isWaiting() {
        return seen != applied;
    }

    /** All that has come in the log is applied and committed. The service's thread. @return whether that is news. */
    boolean onApplied() {
        if (seen == applied) {
            return false;
        }
        applied = seen;
        return true;
    }

    /** Number of the last mark before which all is applied. */
    long applied() {
        return applied;
    }
}

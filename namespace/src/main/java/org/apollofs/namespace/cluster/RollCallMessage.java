package org.apollofs.namespace.cluster;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What members with empty folders say to each other, see {@link RollCall}. Little-endian:
 *
 * <pre>
 *  0       4        8     12      20     28    44
 *  | magic | member | all | nonce | echo | tag |
 * </pre>
 *
 * All is 1 if the sender has heard all. The nonce is of the sender's start; the echo is what the sender has heard last as the
 * addressee's, 0 for nothing. Who finds its own nonce there knows that it was said since its start. The tag is a {@link PeerSeal}'s.
 */
final class RollCallMessage {
    static final int LENGTH = 28;

    private static final int MAGIC = 0x43525041;

    private RollCallMessage() {}

    static ByteBuffer allocate() {
        return ByteBuffer.allocate(LENGTH + PeerSeal.TAG_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    }

    static ByteBuffer put(ByteBuffer buffer, int member, boolean hasHeardAll, long nonce, long echo) {
        return buffer.clear()
                .putInt(MAGIC)
                .putInt(member)
                .putInt(hasHeardAll ? 1 : 0)
                .putLong(nonce)
                .putLong(echo)
                .flip();
    }

    /** Whether what was received, flipped, is a message of one who has the key. */
    static boolean isMessage(ByteBuffer received, PeerSeal seal) {
        return received.limit() == LENGTH + PeerSeal.TAG_LENGTH
                && received.getInt(0) == MAGIC
                && seal.isGenuine(received, LENGTH);
    }

    static int member(ByteBuffer message) {
        return message.getInt(4);
    }

    static boolean hasHeardAll(ByteBuffer message) {
        return message.getInt(8) == 1;
    }

    static long nonce(ByteBuffer message) {
        return message.getLong(12);
    }

    static long echo(ByteBuffer message) {
        return message.getLong(20);
    }
}

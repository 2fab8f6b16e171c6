package org.apollofs.namespace.cluster;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A datagram between members that are at work, to and from their {@link MemberAddress#peers} ports, or from another port of the
 * asker. Little-endian:
 *
 * <pre>
 *  0       4      8       16       24       28      32      40    56
 *  | magic | type | nonce | number | member | flags | value | tag |
 *
 *  ASK_VOTE   nonce of the asker's start, number of its question
 *  VOTE       both repeated; the answerer's number, and the latest term that it has voted in
 *  ASK_LOG    as ASK_VOTE
 *  LOG_START  as STATUS; value: position from which on the answerer still has the log, 0 if it does not know
 *  ASK_STATUS as ASK_VOTE
 *  STATUS     as VOTE; flags: what it does ({@link MemberStatus.Role#code}), +256 while it elects, +512 while space is low;
 *             value: position up to which it knows the log to be committed
 *  ASK_STRANGERS as ASK_VOTE
 *  STRANGERS  as VOTE; value: datagrams without a valid tag or seal that the answerer has dropped
 *  REFUSED    both repeated; to one whose message had no valid tag, which is another site's or namespace's
 * </pre>
 *
 * Flags are zero in all others. The tag is a {@link PeerSeal}'s; REFUSED has none, and is a hint for an operator.
 */
final class PeerMessage {
    /** Bytes of a message, without the tag. */
    static final int LENGTH = 40;

    static final int ASK_VOTE = 1;
    static final int VOTE = 2;
    static final int ASK_LOG = 3;
    static final int LOG_START = 4;
    static final int ASK_STATUS = 5;
    static final int STATUS = 6;
    static final int REFUSED = 7;
    static final int ASK_STRANGERS = 8;
    static final int STRANGERS = 9;

    static final int ROLE_MASK = 0xff;
    static final int ELECTING = 0x100;
    static final int SPACE_LOW = 0x200;

    private static final int MAGIC = 0x31515441;

    private PeerMessage() {}

    /** Room for one that is too long, so that it is not taken for a whole one. */
    static ByteBuffer allocate() {
        return ByteBuffer.allocateDirect(LENGTH + PeerSeal.TAG_LENGTH + 1).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Makes a buffer's content a message, ready to be sent. */
    static ByteBuffer put(ByteBuffer buffer, int type, long nonce, long number, int member, long value) {
        return put(buffer, type, nonce, number, member, 0, value);
    }

    /** As the other, with flags. */
    static ByteBuffer put(ByteBuffer buffer, int type, long nonce, long number, int member, int flags, long value) {
        return buffer.clear()
                .putInt(MAGIC)
                .putInt(type)
                .putLong(nonce)
                .putLong(number)
                .putInt(member)
                .putInt(flags)
                .putLong(value)
                .flip();
    }

    /** Whether what was received, flipped, is a message of one who has the key. */
    static boolean isMessage(ByteBuffer received, PeerSeal seal) {
        return received.limit() == LENGTH + PeerSeal.TAG_LENGTH
                && received.getInt(0) == MAGIC
                && seal.isGenuine(received, LENGTH);
    }

    /** Whether what was received, flipped, is as long as a message that may be answered with a refusal. */
    static boolean isRefusable(ByteBuffer received) {
        return received.limit() == LENGTH + PeerSeal.TAG_LENGTH && received.getInt(0) == MAGIC;
    }

    /** Whether what was received, flipped, says that this process's tags are not valid there. */
    static boolean isRefusal(ByteBuffer received, long nonce) {
        return received.limit() == LENGTH
                && received.getInt(0) == MAGIC
                && type(received) == REFUSED
                && nonce(received) == nonce;
    }

    static int type(ByteBuffer message) {
        return message.getInt(4);
    }

    static long nonce(ByteBuffer message) {
        return message.getLong(8);
    }

    static long number(ByteBuffer message) {
        return message.getLong(16);
    }

    static int member(ByteBuffer message) {
        return message.getInt(24);
    }

    static int flags(ByteBuffer message) {
        return message.getInt(28);
    }

    static long value(ByteBuffer message) {
        return message.getLong(32);
    }
}

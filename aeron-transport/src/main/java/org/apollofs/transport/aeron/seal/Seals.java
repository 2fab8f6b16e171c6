package org.apollofs.transport.aeron.seal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What stands in a sealed datagram, and in those that only seals know. Little-endian:
 *
 * <pre>
 *  0         N              N + 8        N + 16     N + 24
 *  | frame   | id of sender | sequence   | tag      |
 *
 *  Frames have Aeron's header: | length 4 | version 1 | flags 1 | type 2 | ...
 *
 *  CHALLENGE  | header 8 | id of the one who is asked 8 | nonce 8 |   sealed by the asker
 *  PROOF      | header 8 | id of the asker            8 | nonce 8 |   sealed by the one who was asked
 *  PART       | header 8 | first part of a frame ... |                the next sequence bears the rest
 *  REST       | header 8 | rest of the frame ... |
 *  REFUSAL    | header 8 | zero 8 |                                   not sealed: to one who has another key, or none
 * </pre>
 *
 * Frames that leave no room for a seal come in two parts: snapshots are recorded with the longest that Aeron knows.
 * The tag is of all before it. A sender is one socket, with an id that is drawn when it is made; its sequence never repeats.
 */
final class Seals {
    /** Bytes behind a frame. */
    static final int TRAILER_LENGTH = 24;
    /** Longest frame that has room for a seal behind it: UDP over IPv4 carries 65,507 bytes. */
    static final int LONGEST_WHOLE = 65_507 - TRAILER_LENGTH;

    static final int HEADER_LENGTH = 8;
    static final int HANDSHAKE_LENGTH = 24;
    static final int REFUSAL_LENGTH = 16;

    /** Types of frames that Aeron does not know, and passes over. */
    static final int CHALLENGE = 0x4143;

    static final int PROOF = 0x4150;
    static final int REFUSAL = 0x4152;
    static final int PART = 0x4153;
    static final int REST = 0x4154;

    private static final int TAGGED_TRAILER = 16;
    private static final int TYPE = 6;
    private static final int ADDRESSEE = 8;
    private static final int NONCE = 16;

    private Seals() {}

    static int type(DirectBuffer buffer) {
        return buffer.getShort(TYPE, LITTLE_ENDIAN) & 0xffff;
    }

    static long addressee(DirectBuffer buffer) {
        return buffer.getLong(ADDRESSEE, LITTLE_ENDIAN);
    }

    static long nonce(DirectBuffer buffer) {
        return buffer.getLong(NONCE, LITTLE_ENDIAN);
    }

    static void putHeader(MutableDirectBuffer buffer, int type, int length) {
        buffer.putInt(0, length, LITTLE_ENDIAN);
        buffer.putShort(Integer.BYTES, (short) 0, LITTLE_ENDIAN);
        buffer.putShort(TYPE, (short) type, LITTLE_ENDIAN);
    }

    static void putHandshake(MutableDirectBuffer buffer, int type, long addressee, long nonce) {
        putHeader(buffer, type, HANDSHAKE_LENGTH);
        buffer.putLong(ADDRESSEE, addressee, LITTLE_ENDIAN);
        buffer.putLong(NONCE, nonce, LITTLE_ENDIAN);
    }

    static void putRefusal(MutableDirectBuffer buffer) {
        putHeader(buffer, REFUSAL, REFUSAL_LENGTH);
        buffer.putLong(ADDRESSEE, 0, LITTLE_ENDIAN);
    }

    static boolean isRefusal(DirectBuffer buffer, int length) {
        return length == REFUSAL_LENGTH && type(buffer) == REFUSAL;
    }

    /** Seals a frame at the start of a buffer, with room behind it. @return bytes of the datagram. */
    static int seal(SealKey key, MutableDirectBuffer buffer, int length, long id, long sequence) {
        buffer.putLong(length, id, LITTLE_ENDIAN);
        buffer.putLong(length + Long.BYTES, sequence, LITTLE_ENDIAN);
        buffer.putLong(length + TAGGED_TRAILER, key.tag(buffer, 0, length + TAGGED_TRAILER), LITTLE_ENDIAN);
        return length + TRAILER_LENGTH;
    }

    /** Whether a datagram has a frame and a valid seal. */
    static boolean isSealed(SealKey key, DirectBuffer buffer, int length) {
        int tagAt = length - Long.BYTES;
        return length >= HEADER_LENGTH + TRAILER_LENGTH
                && buffer.getLong(tagAt, LITTLE_ENDIAN) == key.tag(buffer, 0, tagAt);
    }

    /** Of a sealed datagram. */
    static long id(DirectBuffer buffer, int length) {
        return buffer.getLong(length - TRAILER_LENGTH, LITTLE_ENDIAN);
    }

    /** Of a sealed datagram. */
    static long sequence(DirectBuffer buffer, int length) {
        return buffer.getLong(length - TAGGED_TRAILER, LITTLE_ENDIAN);
    }
}

package org.apollofs.namespace.cluster;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Questions beside the log: streams between a client and the member that it asks.
 *
 * <pre>
 *  0      4         8        16         24
 *  | type | version | nonce  | position | what the type says ...
 *
 *  HELLO      client to member  | stream id (int) | channel length (int) | channel of the answers ...
 *  WELCOME    member to client  the member knows the client
 *  QUESTIONS  client to member  frames of encoded questions
 *  ANSWERS    member to client  frames of encoded results; position: of the log, that the answers have seen
 * </pre>
 *
 * The nonce names the client. Questions are answered once all that was in the log when they came is applied; questions of type
 * STALE_QUESTIONS at once.
 */
final class ReadProtocol {
    static final int VERSION = 1;
    static final int HEADER_LENGTH = 24;

    static final int HELLO = 1;
    static final int WELCOME = 2;
    static final int QUESTIONS = 3;
    static final int STALE_QUESTIONS = 4;
    static final int ANSWERS = 5;

    static final int QUESTION_STREAM = 110;
    static final int ANSWER_STREAM = 111;

    private static final int TYPE = 0;
    private static final int VERSION_OFFSET = 4;
    private static final int NONCE = 8;
    private static final int POSITION = 16;
    private static final int STREAM_ID = HEADER_LENGTH;
    private static final int CHANNEL_LENGTH = STREAM_ID + Integer.BYTES;
    private static final int CHANNEL = CHANNEL_LENGTH + Integer.BYTES;
    private static final int MAX_CHANNEL = 1024;

    private ReadProtocol() {}

    static void putHeader(MutableDirectBuffer buffer, int type, long nonce, long position) {
        buffer.putInt(TYPE, type, LITTLE_ENDIAN);
        buffer.putInt(VERSION_OFFSET, VERSION, LITTLE_ENDIAN);
        buffer.putLong(NONCE, nonce, LITTLE_ENDIAN);
        buffer.putLong(POSITION, position, LITTLE_ENDIAN);
    }

    /** @return bytes of the message. */
    static int putHello(MutableDirectBuffer buffer, long nonce, int streamId, String channel) {
        putHeader(buffer, HELLO, nonce, 0);
        buffer.putInt(STREAM_ID, streamId, LITTLE_ENDIAN);
        int length = buffer.putStringWithoutLengthAscii(CHANNEL, channel);
        buffer.putInt(CHANNEL_LENGTH, length, LITTLE_ENDIAN);
        return CHANNEL + length;
    }

    /** Whether a message can be read at all. */
    static boolean isKnown(DirectBuffer buffer, int offset, int length) {
        return length >= HEADER_LENGTH && buffer.getInt(offset + VERSION_OFFSET, LITTLE_ENDIAN) == VERSION;
    }

    static int type(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + TYPE, LITTLE_ENDIAN);
    }

    static long nonce(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + NONCE, LITTLE_ENDIAN);
    }

    static long position(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + POSITION, LITTLE_ENDIAN);
    }

    static int streamId(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + STREAM_ID, LITTLE_ENDIAN);
    }

    /** Channel of a HELLO, or null if it is not whole. */
    static String channel(DirectBuffer buffer, int offset, int length) {
        if (length < CHANNEL) {
            return null;
        }
        int bytes = buffer.getInt(offset + CHANNEL_LENGTH, LITTLE_ENDIAN);
        if (bytes < 0 || bytes > MAX_CHANNEL || bytes > length - CHANNEL) {
            return null;
        }
        return buffer.getStringWithoutLengthAscii(offset + CHANNEL, bytes);
    }
}

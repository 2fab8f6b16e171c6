package org.apollofs.transport.aeron;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.apollofs.transport.Lane;
import org.apollofs.transport.LaneLimits;
import org.apollofs.transport.protocol.ChunkDataEncoder;
import org.apollofs.transport.protocol.MessageHeaderEncoder;
import org.apollofs.transport.protocol.WriteChunkEncoder;

/**
 * The arithmetic of messages: request ids, parts of chunks, variable data. Stateless.
 *
 * <pre>
 *   requestId:  63          16 15       0
 *               [ generation ] [ slot   ]
 * </pre>
 */
final class Wire {
    /** What this code speaks. */
    static final int PROTOCOL_VERSION = 1;
    /** Most requests of a lane that may be unanswered: what 16 bits can name. */
    static final int MAX_SLOTS = 1 << 16;
    /** Longest encoded part of a message with payload: all of it lies in the message's first fragment. */
    static final int MAX_HEADER_LENGTH = MessageHeaderEncoder.ENCODED_LENGTH
            + Math.max(WriteChunkEncoder.BLOCK_LENGTH, ChunkDataEncoder.BLOCK_LENGTH)
            + 2 * Short.BYTES
            + LaneLimits.blockCount(LaneLimits.MAX_CHUNK_LENGTH) * Integer.BYTES
            + LaneLimits.MAX_DATA_CHUNKS * Integer.BYTES;
    /** Bytes of a fragment's head: what the MTU holds besides payload. */
    static final int FRAME_HEADER_LENGTH = 32;

    /** With fewer blocks in a part the header is shorter than {@link #MAX_HEADER_LENGTH} by this much each. */
    private static final int CHECKSUM_LENGTH = Integer.BYTES;

    private static final int FIXED_HEADER_LENGTH =
            MAX_HEADER_LENGTH - LaneLimits.blockCount(LaneLimits.MAX_CHUNK_LENGTH) * CHECKSUM_LENGTH;

    private Wire() {}

    /** Payload bytes that one message can carry: whole checksum blocks, and the header within the first fragment. */
    static int partLength(int maxMessageLength, int maxPayloadLength) {
        int byMessage = (maxMessageLength - FIXED_HEADER_LENGTH) / (Lane.CHECKSUM_BLOCK_LENGTH + CHECKSUM_LENGTH);
        int byFragment = (maxPayloadLength - FIXED_HEADER_LENGTH) / CHECKSUM_LENGTH;
        int blocks = Math.min(byMessage, byFragment);
        if (blocks < 1) {
            throw new IllegalArgumentException("lane too small for a checksum block: maxMessageLength="
                    + maxMessageLength + ", maxPayloadLength=" + maxPayloadLength);
        }
        return Math.min(blocks * Lane.CHECKSUM_BLOCK_LENGTH, LaneLimits.MAX_CHUNK_LENGTH);
    }

    static long requestId(long generation, int slot) {
        return generation << 16 | slot;
    }

    static int slot(long requestId) {
        return (int) (requestId & 0xFFFF);
    }

    static long generation(long requestId) {
        return requestId >>> 16;
    }

    /**
     * Length of the variable data whose length field is at {@code offset}, or -1 if it does not end before {@code end}.
     */
    static int varDataLength(DirectBuffer buffer, int offset, int end) {
        if (offset > end - Short.BYTES) {
            return -1;
        }
        int length = buffer.getShort(offset, LITTLE_ENDIAN) & 0xFFFF;
        return length > end - offset - Short.BYTES ? -1 : length;
    }
}

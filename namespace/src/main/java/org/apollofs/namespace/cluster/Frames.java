package org.apollofs.namespace.cluster;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Commands on their way in and results on their way out, several to a message of the cluster: a message costs the cluster
 * about the same whatever it holds.
 *
 * <pre>
 *  0        4        8
 *  | length | crc32c | command or result ... | padding to 8 |
 * </pre>
 *
 * The checksum is over the bytes that follow. It goes into the log with the command: after a power cut, what had not been
 * synced may be there in parts, and a command that is torn must not be applied. Results carry none (0).
 */
final class Frames {
    static final int HEADER_LENGTH = 8;
    private static final int CHECKSUM = 4;

    /** Takes the frames of a message. */
    interface Consumer {
        /** @param isWhole false if the checksum is not that of the bytes: they are not to be used. */
        void onFrame(DirectBuffer buffer, int offset, int length, boolean isWhole);
    }

    private Frames() {}

    /** Bytes that a frame takes. */
    static int framed(int length) {
        return HEADER_LENGTH + align(length);
    }

    private static int align(int length) {
        return (length + 7) & ~7;
    }

    /** Puts a command into a message. @return where the next frame goes. */
    static int putCommand(
            MutableDirectBuffer to, int at, DirectBuffer command, int offset, int length, CRC32C checksum) {
        int next = putResult(to, at, command, offset, length);
        to.putInt(at + CHECKSUM, checksum(checksum, command, offset, length), LITTLE_ENDIAN);
        return next;
    }

    /** Puts a result into a message. @return where the next frame goes. */
    static int putResult(MutableDirectBuffer to, int at, DirectBuffer result, int offset, int length) {
        putResultHeader(to, at, length);
        to.putBytes(at + HEADER_LENGTH, result, offset, length);
        return at + framed(length);
    }

    /** Puts what stands before a result, which takes {@link #framed} bytes with it. */
    static void putResultHeader(MutableDirectBuffer to, int at, int length) {
        to.putInt(at, length, LITTLE_ENDIAN);
        to.putInt(at + CHECKSUM, 0, LITTLE_ENDIAN);
    }

    /** Where to cut frames so that a message has at most some bytes, and at least one frame. */
    static int cut(DirectBuffer frames, int from, int to, int atMost) {
        int at = from + framed(frames.getInt(from, LITTLE_ENDIAN));
        while (at < to) {
            int next = at + framed(frames.getInt(at, LITTLE_ENDIAN));
            if (next - from > atMost) {
                break;
            }
            at = next;
        }
        return at;
    }

    /**
     * Hands out the frames of a message.
     *
     * @param checksum to verify with, or null not to.
     * @return false if the message does not consist of whole frames: what went before has been handed out.
     */
    static boolean forEach(DirectBuffer buffer, int offset, int length, CRC32C checksum, Consumer consumer) {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            if (end - at < HEADER_LENGTH) {
                return false;
            }
            int frameLength = buffer.getInt(at, LITTLE_ENDIAN);
            if (frameLength <= 0 || frameLength > end - at - HEADER_LENGTH) {
                return false;
            }
            boolean isWhole = checksum == null
                    || buffer.getInt(at + CHECKSUM, LITTLE_ENDIAN)
                            == checksum(checksum, buffer, at + HEADER_LENGTH, frameLength);
            consumer.onFrame(buffer, at + HEADER_LENGTH, frameLength, isWhole);
            at += framed(frameLength);
        }
        return true;
    }

    private static int checksum(CRC32C checksum, DirectBuffer buffer, int offset, int length) {
        checksum.reset();
        if (buffer.byteArray() != null) {
            checksum.update(buffer.byteArray(), buffer.wrapAdjustment() + offset, length);
        } else {
            int start = buffer.wrapAdjustment() + offset;
            checksum.update(
                    buffer.byteBuffer().duplicate().limit(start + length).position(start));
        }
        return (int) checksum.getValue();
    }
}

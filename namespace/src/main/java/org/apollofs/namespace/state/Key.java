package org.apollofs.namespace.state;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A key under construction, off heap, big-endian so that LMDB's byte order is the order of numbers. All numbers in keys
 * are zero or positive. What a method returns is valid until the next call. One thread at a time.
 */
final class Key {
    /** Longest key: of {@code links}, two numbers and a name; LMDB allows 511 bytes. */
    private static final int MAX_LENGTH = 511;

    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_LENGTH));
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);

    DirectBuffer of(long first) {
        bytes.putLong(0, first, BIG_ENDIAN);
        return view(Long.BYTES);
    }

    DirectBuffer of(long first, long second) {
        bytes.putLong(0, first, BIG_ENDIAN);
        bytes.putLong(8, second, BIG_ENDIAN);
        return view(2 * Long.BYTES);
    }

    DirectBuffer of(long first, DirectBuffer name, int offset, int length) {
        bytes.putLong(0, first, BIG_ENDIAN);
        bytes.putBytes(8, name, offset, length);
        return view(Long.BYTES + length);
    }

    DirectBuffer of(DirectBuffer name) {
        bytes.putBytes(0, name, 0, name.capacity());
        return view(name.capacity());
    }

    DirectBuffer of(long first, long second, DirectBuffer name, int offset, int length) {
        bytes.putLong(0, first, BIG_ENDIAN);
        bytes.putLong(8, second, BIG_ENDIAN);
        bytes.putBytes(16, name, offset, length);
        return view(2 * Long.BYTES + length);
    }

    /** Key of {@code lines}: an extent by its place in the line of a session's chunks. */
    DirectBuffer line(long inode, long session, long stripe, int index, int chunkOffset, long fileOffset) {
        bytes.putLong(0, inode, BIG_ENDIAN);
        bytes.putLong(8, session, BIG_ENDIAN);
        bytes.putLong(16, stripe, BIG_ENDIAN);
        bytes.putInt(24, index, BIG_ENDIAN);
        bytes.putInt(28, chunkOffset, BIG_ENDIAN);
        bytes.putLong(32, fileOffset, BIG_ENDIAN);
        return view(40);
    }

    private DirectBuffer view(int length) {
        view.wrap(bytes, 0, length);
        return view;
    }
}

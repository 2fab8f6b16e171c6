package org.apollofs.io.chunk;

import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A piece of memory outside the heap that is freed at once when closed, by whatever thread: tables that grow must give
 * their old memory back without waiting for a collection or for a handshake of all threads.
 *
 * <p>It does not count against {@code -XX:MaxDirectMemorySize}. One owner; using it after closing is a bug that no check
 * catches.
 */
final class NativeMemory implements AutoCloseable {
    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private long address;

    /** @param length bytes, at least 1; the content is undefined. */
    NativeMemory(int length) {
        address = UnsafeApi.allocateMemory(length);
        buffer.wrap(address, length);
    }

    /** Memory of zeros: touched. */
    static NativeMemory zeroed(int length) {
        NativeMemory memory = new NativeMemory(length);
        memory.buffer.setMemory(0, length, (byte) 0);
        return memory;
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    long address() {
        return address;
    }

    int length() {
        return buffer.capacity();
    }

    @Override
    public void close() {
        if (address != 0) {
            buffer.wrap(0, 0);
            UnsafeApi.freeMemory(address);
            address = 0;
        }
    }
}

package org.apollofs.io.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The process's memory as segments and buffers, for the places where only an address is known. Nothing here checks that
 * an address is valid: a wrong one is a crash of the process. Any thread.
 */
public final class Memory {
    /**
     * All of the address space: an offset in it is an address. Being a constant without an end, its checks cost nothing in
     * compiled loops.
     */
    public static final MemorySegment ALL = all();

    private Memory() {}

    /** A direct buffer over an address range, in big-endian order as all fresh ones. Allocates the buffer object. */
    public static ByteBuffer buffer(long address, int length) {
        return ALL.asSlice(address, length).asByteBuffer();
    }

    /**
     * A segment over mapped memory.
     *
     * @param arena with which it ends.
     * @param unmap runs when the arena is closed.
     */
    @SuppressWarnings("restricted")
    public static MemorySegment region(long address, long length, Arena arena, Runnable unmap) {
        return MemorySegment.ofAddress(address).reinterpret(length, arena, segment -> unmap.run());
    }

    @SuppressWarnings("restricted")
    private static MemorySegment all() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }
}

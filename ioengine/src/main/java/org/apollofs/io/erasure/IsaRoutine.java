package org.apollofs.io.erasure;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * ISA-L's own routines without anything of ours around them: the ceiling that {@link ErasureCode} is measured against. Not
 * for the data path. One thread; its maker closes it.
 */
public final class IsaRoutine implements AutoCloseable {
    private static final int TABLE_LENGTH = 32;

    private final int dataCount;
    private final int parityCount;
    private final int length;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment tables;
    private final MemorySegment data;
    private final MemorySegment parity;

    /**
     * Sets the routine up: tables of the code, pointers to the chunks.
     *
     * @param dataAddresses of k chunks, and {@code parityAddresses} of m.
     * @param length bytes of each chunk.
     * @throws IllegalStateException if the library is not there.
     */
    public IsaRoutine(ErasureCode code, long[] dataAddresses, long[] parityAddresses, int length) {
        if (IsaLibrary.missing() != null) {
            throw new IllegalStateException(IsaLibrary.missing());
        }
        this.length = length;
        dataCount = code.dataCount();
        parityCount = code.parityCount();
        data = arena.allocateFrom(ValueLayout.JAVA_LONG, dataAddresses);
        parity = arena.allocateFrom(ValueLayout.JAVA_LONG, parityAddresses);
        tables = arena.allocate((long) dataCount * parityCount * TABLE_LENGTH, 64);
        MemorySegment matrix = arena.allocate((long) dataCount * parityCount);
        for (int row = 0; row < parityCount; row++) {
            for (int column = 0; column < dataCount; column++) {
                byte coefficient = (byte) code.coefficient(row, column);
                matrix.set(ValueLayout.JAVA_BYTE, (long) row * dataCount + column, coefficient);
            }
        }
        IsaLibrary.initTables(dataCount, parityCount, matrix.address(), tables.address());
    }

    /** {@code ec_encode_data}: all parity of a stripe at once. */
    public void encodeStripe() {
        IsaLibrary.encodeData(length, dataCount, parityCount, tables.address(), data.address(), parity.address());
    }

    /** {@code ec_encode_data_update}: one chunk's share of all parity, added to what is there. */
    public void addChunk(int index) {
        long address = data.getAtIndex(ValueLayout.JAVA_LONG, index);
        IsaLibrary.encodeDataUpdate(length, dataCount, parityCount, index, tables.address(), address, parity.address());
    }

    @Override
    public void close() {
        arena.close();
    }
}

package org.apollofs.io.erasure;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/**
 * The codec on ISA-L. Each input has tables of its own, as if it were the only one, so that one library call adds it to
 * all outputs and another overwrites them.
 */
final class IsaCombiner extends Combiner {
    /** The library's limit is the same in all its versions: 32 bytes of table for a coefficient. */
    private static final int TABLE_LENGTH = 32;

    /** Output addresses, then one input address: the library takes them through pointers. Freed after its thread. */
    private static final ThreadLocal<MemorySegment> POINTERS = ThreadLocal.withInitial(() -> Arena.ofAuto()
            .allocate(ValueLayout.JAVA_LONG, ErasureCode.MAX_DATA_COUNT + ErasureCode.MAX_PARITY_COUNT + 1));

    private final MemorySegment tables;
    private final int tablesLength;

    /**
     * @param coefficients by output, then input.
     */
    IsaCombiner(int inputCount, int[][] coefficients) {
        super(inputCount, coefficients.length);
        int rows = coefficients.length;
        tablesLength = rows * TABLE_LENGTH;
        tables = Arena.ofAuto().allocate((long) Math.max(1, inputCount * tablesLength), 64);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment column = arena.allocate(Math.max(1, rows));
            for (int input = 0; input < inputCount && rows > 0; input++) {
                for (int row = 0; row < rows; row++) {
                    column.set(ValueLayout.JAVA_BYTE, row, (byte) coefficients[row][input]);
                }
                IsaLibrary.initTables(1, rows, column.address(), tables(input));
            }
        }
    }

    @Override
    void combine(int input, long address, int from, int to, long[] outputs, boolean overwrite) {
        MemorySegment pointers = POINTERS.get();
        int rows = outputCount();
        for (int i = 0; i < rows; i++) {
            pointers.setAtIndex(ValueLayout.JAVA_LONG, i, outputs[i] + from);
        }
        long coding = pointers.address();
        try {
            if (overwrite) {
                pointers.setAtIndex(ValueLayout.JAVA_LONG, rows, address + from);
                long data = coding + (long) rows * Long.BYTES;
                IsaLibrary.encodeData(to - from, 1, rows, tables(input), data, coding);
            } else {
                IsaLibrary.encodeDataUpdate(to - from, 1, rows, 0, tables(input), address + from, coding);
            }
        } finally {
            // The library reads memory that the collector frees with this object.
            Reference.reachabilityFence(this);
        }
    }

    private long tables(int input) {
        return tables.address() + (long) input * tablesLength;
    }
}

package org.apollofs.io.erasure;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;

/**
 * Intel's Intelligent Storage Acceleration Library, if this machine has it: {@code libisal.so.2}, erasure_code.h. Loaded
 * once, never unloaded. Any thread.
 */
final class IsaLibrary {
    static final String NAME = "libisal.so.2";

    private static final MethodHandle INIT_TABLES;
    private static final MethodHandle ENCODE_DATA;
    private static final MethodHandle ENCODE_DATA_UPDATE;

    /** Why it is not there, or null. */
    private static final String MISSING;

    static {
        MethodHandle initTables = null;
        MethodHandle encodeData = null;
        MethodHandle encodeDataUpdate = null;
        String missing = null;
        MemoryLayout word = ValueLayout.JAVA_LONG;
        MemoryLayout number = ValueLayout.JAVA_INT;
        try {
            SymbolLookup library = library();
            initTables = handle(library, "ec_init_tables", number, number, word, word);
            encodeData = handle(library, "ec_encode_data", number, number, number, word, word, word);
            encodeDataUpdate =
                    handle(library, "ec_encode_data_update", number, number, number, number, word, word, word);
        } catch (IllegalArgumentException | NoSuchElementException e) {
            missing = NAME + " is not installed, or not whole (" + e.getMessage() + "; Debian: libisal2)";
        }
        INIT_TABLES = initTables;
        ENCODE_DATA = encodeData;
        ENCODE_DATA_UPDATE = encodeDataUpdate;
        MISSING = missing;
    }

    private IsaLibrary() {}

    /** Why the library cannot be used, or null if it can. */
    static String missing() {
        return MISSING;
    }

    /** {@code void ec_init_tables(int k, int rows, unsigned char *a, unsigned char *gftbls)}. */
    static void initTables(int k, int rows, long coefficients, long tables) {
        try {
            INIT_TABLES.invokeExact(k, rows, coefficients, tables);
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    /** {@code void ec_encode_data(int len, int k, int rows, unsigned char *gftbls, unsigned char **data, **coding)}. */
    static void encodeData(int length, int k, int rows, long tables, long data, long coding) {
        try {
            ENCODE_DATA.invokeExact(length, k, rows, tables, data, coding);
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    /** {@code void ec_encode_data_update(int len, int k, int rows, int vec_i, *gftbls, *data, **coding)}. */
    static void encodeDataUpdate(int length, int k, int rows, int index, long tables, long data, long coding) {
        try {
            ENCODE_DATA_UPDATE.invokeExact(length, k, rows, index, tables, data, coding);
        } catch (Throwable t) {
            throw failed(t);
        }
    }

    @SuppressWarnings("restricted")
    private static SymbolLookup library() {
        return SymbolLookup.libraryLookup(NAME, Arena.global());
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle(SymbolLookup library, String name, MemoryLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), FunctionDescriptor.ofVoid(arguments));
    }

    private static IllegalStateException failed(Throwable t) {
        return new IllegalStateException(NAME + " call failed in the virtual machine", t);
    }
}

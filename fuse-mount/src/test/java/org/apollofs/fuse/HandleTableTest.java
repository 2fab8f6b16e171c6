package org.apollofs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apollofs.io.os.Errno;
import org.junit.jupiter.api.Test;

class HandleTableTest {
    @Test
    void shouldKeepThousandsApartAndUseNumbersAgain() {
        HandleTable<Integer> table = new HandleTable<>();
        long[] handles = new long[5000];
        for (int i = 0; i < handles.length; i++) {
            handles[i] = table.add(i);
            assertNotEquals(0, handles[i]);
        }
        for (int i = 0; i < handles.length; i++) {
            assertEquals(i, table.get(handles[i]));
        }
        for (int i = 0; i < handles.length; i += 2) {
            assertEquals(i, table.remove(handles[i]));
        }
        for (int i = 0; i < handles.length; i += 2) {
            long handle = table.add(-i);
            assertEquals(-i, table.get(handle));
            assertEquals(true, handle <= handles.length, "numbers are used again");
        }
        assertEquals(4999, table.get(handles[4999]));
    }

    @Test
    void shouldRefuseUnknownHandles() {
        HandleTable<String> table = new HandleTable<>();
        long handle = table.add("x");
        table.remove(handle);
        for (long unknown : new long[] {handle, 0, -1, 77, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertEquals(
                    Errno.EBADF,
                    assertThrows(FuseException.class, () -> table.get(unknown)).errno());
            assertThrows(FuseException.class, () -> table.remove(unknown));
        }
    }
}

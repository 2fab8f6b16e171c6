package org.apollofs.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DirectoryHandleTest {
    private static byte[] name(long ordinal) {
        return ("name-" + ordinal).getBytes(UTF_8);
    }

    @Test
    void shouldKeepRecentNamesExactlyAndMarksForTheRest() {
        int window = 4096;
        DirectoryHandle handle = new DirectoryHandle(7, window);
        int count = 20_000;
        for (long i = 1; i <= count; i++) {
            handle.note(i, name(i));
        }
        assertEquals(count, handle.count());
        assertTrue(handle.isKept(0));
        assertNull(handle.name(0));
        for (long i = count; i > count - window; i--) {
            assertTrue(handle.isKept(i));
            assertArrayEquals(name(i), handle.name(i));
        }
        assertFalse(handle.isKept(count - window));
        assertEquals(4096, handle.markBefore(5000));
        assertArrayEquals(name(4096), handle.mark(4096));
        assertEquals(0, handle.markBefore(1000));
        assertNull(handle.mark(0));
    }

    @Test
    void shouldForgetOnRewind() {
        DirectoryHandle handle = new DirectoryHandle(7);
        for (long i = 1; i <= 3000; i++) {
            handle.note(i, name(i));
        }
        handle.rewind();
        assertEquals(0, handle.count());
        assertFalse(handle.isKept(1));
        assertEquals(0, handle.markBefore(3000));
    }
}

package org.apollofs.io.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apollofs.io.os.Errno;
import org.apollofs.io.os.OsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DataFileTest {
    private static final long SIZE = 9 * 1024 * 1024;

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void shouldMakeAFileOfTheSizeOnce(DataFile.Mode mode) throws IOException {
        Path path = folder.resolve("data");
        List<Long> told = new ArrayList<>();
        assertTrue(DataFile.prepare(path, SIZE, mode, (done, total) -> told.add(done)));
        assertEquals(SIZE, Files.size(path));
        assertTrue((long) Files.getAttribute(path, "size") == SIZE);
        assertEquals(SIZE, told.getLast());
        assertFalse(DataFile.prepare(path, SIZE, mode, DataFile.Progress.NONE));
    }

    @ParameterizedTest
    @EnumSource
    void shouldGrowAShortFileAndKeepItsBytes(DataFile.Mode mode) throws IOException {
        Path path = folder.resolve("data");
        byte[] old = new byte[8192];
        old[8191] = 42;
        Files.write(path, old);
        assertTrue(DataFile.prepare(path, SIZE, mode, DataFile.Progress.NONE));
        byte[] now = Files.readAllBytes(path);
        assertEquals(SIZE, now.length);
        assertEquals(42, now[8191]);
        assertEquals(0, now[8192]);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataFile.Mode.class,
            names = {"ALLOCATED", "ZEROED"})
    void shouldLeaveNothingBehindWhenThereIsNoSpace(DataFile.Mode mode) {
        Path path = folder.resolve("data");
        OsException full =
                assertThrows(OsException.class, () -> DataFile.prepare(path, 1L << 42, mode, DataFile.Progress.NONE));
        assertTrue(full.errno() == Errno.ENOSPC || full.errno() == Errno.EFBIG, full.getMessage());
        assertFalse(Files.exists(path));
    }

    @Test
    void shouldRefuseALongerFileAndABadSize() throws IOException {
        Path path = folder.resolve("data");
        Files.write(path, new byte[8192]);
        OsException longer = assertThrows(
                OsException.class, () -> DataFile.prepare(path, 4096, DataFile.Mode.ALLOCATED, DataFile.Progress.NONE));
        assertEquals(Errno.EFBIG, longer.errno());
        assertEquals(8192, Files.size(path));
        assertThrows(
                IllegalArgumentException.class,
                () -> DataFile.prepare(path, 4097, DataFile.Mode.ALLOCATED, DataFile.Progress.NONE));
    }
}

package org.apollofs.perf.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DeviceRatesTest {
    private static final int MIB = 1 << 20;

    // On the build's disk: the temporary folder may be in memory, where O_DIRECT fails.
    @TempDir(factory = BuildFolder.class)
    Path folder;

    @Test
    void shouldMeasureTheCeilingAndLeaveNothing() throws IOException {
        assertTrue(new PlainCeiling(folder).measure(32 * MIB) > 0);
        assertTrue(DeviceCeiling.of(folder).measure(16 * MIB) > 0);
        try (var entries = Files.list(folder)) {
            assertEquals(List.of(), entries.toList());
        }
    }

    @Test
    void shouldWriteFilesOfDifferentContent() throws IOException {
        FileWriters writers = new FileWriters(folder, 4);

        assertTrue(writers.measure(16 * MIB) > 0);

        byte[] first = Files.readAllBytes(folder.resolve("bench-0.bin"));
        byte[] last = Files.readAllBytes(folder.resolve("bench-3.bin"));
        assertEquals(4 * MIB, first.length);
        assertEquals(4 * MIB, last.length);
        assertTrue(Arrays.mismatch(first, last) >= 0);
        byte[] block = Arrays.copyOf(first, MIB);
        assertTrue(!Arrays.equals(block, Arrays.copyOfRange(first, MIB, 2 * MIB)));
        writers.delete();
        assertArrayEquals(new String[0], folder.toFile().list());
    }

    @Test
    void shouldReportAFailedWriter() throws IOException {
        Files.createDirectory(folder.resolve("bench-1.bin"));

        assertThrows(IOException.class, () -> new FileWriters(folder, 2).measure(2 * MIB));
    }

    @Test
    void shouldFindTheMedian() {
        Samples samples = new Samples();
        assertTrue(Double.isNaN(samples.median()));
        samples.add(3);
        samples.add(1);
        assertEquals(2, samples.median());
        samples.add(9);
        assertEquals(3, samples.median());
    }

    @Test
    void shouldSayHowFarOffAMedianMayBe() {
        Samples samples = new Samples();
        samples.add(2);
        assertTrue(Double.isNaN(samples.standardError()));
        samples.add(4);
        samples.add(600);
        // Its deviations are 2, 0 and 596: the one that is far off counts as one.
        assertEquals(1.4826 * 2 * 1.2533 / Math.sqrt(3), samples.standardError(), 1e-12);
    }
}

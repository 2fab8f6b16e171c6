package org.apollofs.namespace.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apollofs.io.device.fault.PowerCutFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ShutdownProbeTest {
    @TempDir
    Path directory;

    @Test
    void shouldSayThatAFileSystemWorks() throws IOException {
        Path file = directory.resolve("probe");
        try (ShutdownProbe probe = new ShutdownProbe(file)) {
            for (int i = 0; i < 3; i++) {
                probe.check();
            }
        }
        assertEquals(8, Files.size(file));
    }

    @Test
    void shouldFailAtOnceWhenThePowerIsCut() throws IOException {
        assumeTrue(PowerCutFileSystem.isSupported(), "needs root, loop devices and xfsprogs");
        try (PowerCutFileSystem disk = PowerCutFileSystem.create(directory, 1L << 30)) {
            try (ShutdownProbe probe = new ShutdownProbe(disk.root().resolve("probe"))) {
                probe.check();
                disk.cut();
                assertThrows(IOException.class, probe::check);
            }
            disk.restore();
        }
    }

    @Test
    void shouldRefuseAFolderThatIsNotThere() {
        Path absent = directory.resolve("absent").resolve("probe");
        assertThrows(UncheckedIOException.class, () -> new ShutdownProbe(absent));
    }
}

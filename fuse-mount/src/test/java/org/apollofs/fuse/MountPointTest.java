package org.apollofs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountPointTest {
    @TempDir
    Path scratch;

    private void assertRefused(Path path, String expected) {
        MountException refused = assertThrows(MountException.class, () -> MountPoint.prepare(path));
        assertEquals(MountException.Reason.MOUNT_POINT, refused.reason());
        assertTrue(refused.getMessage().contains(expected), refused.getMessage());
        assertEquals(-1, refused.getMessage().indexOf('\n'));
    }

    @Test
    void shouldRefuseWhatCannotBeMountedOn() throws IOException {
        assertRefused(scratch.resolve("absent"), "does not exist");
        assertRefused(scratch.resolve("absent/deeper"), "does not exist");
        assertRefused(Files.createFile(scratch.resolve("file")), "not a directory");
        assertRefused(scratch, "not empty");
        assertRefused(Path.of("/proc"), "busy");
    }

    @Test
    void shouldResolveLinks() throws IOException {
        Path real = Files.createDirectory(scratch.toRealPath().resolve("real"));
        Files.createSymbolicLink(scratch.resolve("link"), real);
        assertEquals(real, MountPoint.prepare(scratch.resolve("link")));
    }

    @Test
    void shouldReadMountTable() {
        MountTable.Entry entry = MountTable.parse(
                        "36 35 0:98 / /mnt/with\\040blank rw,noatime master:1 shared:2 - fuse.apollo apollo rw,user_id=0")
                .orElseThrow();
        assertEquals(new MountTable.Entry(Path.of("/mnt/with blank"), "0:98", "fuse.apollo", "apollo"), entry);
        assertTrue(entry.isApollo());
        assertTrue(MountTable.parse("").isEmpty());
        assertTrue(MountTable.parse("36 35 98:0").isEmpty());
        assertTrue(MountTable.at(Path.of("/proc")).isPresent());
    }
}

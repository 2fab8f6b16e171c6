package org.apollofs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The directory below a mount, guarded, taken over, and opened again. */
class MountGuardTest {
    @TempDir
    private Path temporary;

    private Path directory;
    private Path note;

    @BeforeEach
    void make() throws IOException {
        directory = Files.createDirectory(temporary.resolve("mnt"));
        note = temporary.resolve("note");
        mode("rwxr-x---");
    }

    @AfterEach
    void open() {
        MountGuard.takeAway(directory, note);
    }

    private void mode(String mode) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
    }

    private String mode() throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory));
    }

    @Test
    void shouldKeepEverybodyOutAndOpenItAsItWas() throws IOException {
        try (MountGuard guard = MountGuard.of(directory, note)) {
            boolean isRootKeptOut = guard.guard();
            assertEquals("---------", mode());
            assertTrue(MountGuard.isGuarded(directory));
            assumeTrue(isRootKeptOut || !"root".equals(System.getProperty("user.name")), "no immutable attribute here");
            assertThrows(IOException.class, () -> Files.writeString(directory.resolve("x"), "lost"));
            guard.undo();
        }
        assertEquals("rwxr-x---", mode());
        assertFalse(Files.exists(note));
        Files.writeString(directory.resolve("x"), "there");
    }

    @Test
    void shouldTakeOverWhatAKilledProcessGuarded() throws IOException {
        try (MountGuard killed = MountGuard.of(directory, note)) {
            killed.guard();
        }
        try (MountGuard next = MountGuard.of(directory, note)) {
            next.guard();
        }
        try (MountGuard last = MountGuard.of(directory, note)) {
            last.guard();
            last.undo();
        }
        assertEquals("rwxr-x---", mode(), "what it was before the first");
        Files.writeString(directory.resolve("x"), "there");
    }

    @Test
    void shouldOpenADirectoryWhoseNoteIsGone() throws IOException {
        try (MountGuard killed = MountGuard.of(directory, note)) {
            killed.guard();
        }
        Files.delete(note);
        MountGuard.takeAway(directory, temporary.resolve("of-another-site"));
        assertEquals("rwxr-xr-x", mode());
        Files.writeString(directory.resolve("x"), "there");
    }

    /** As on a disk that has died. */
    @Test
    void shouldOpenADirectoryWhoseNoteCannotBeReadOrDeleted() throws IOException {
        try (MountGuard killed = MountGuard.of(directory, note)) {
            killed.guard();
        }
        Path unreadable = Files.createDirectory(temporary.resolve("no-file"));
        Files.createFile(unreadable.resolve("so-it-stays"));
        MountGuard.takeAway(directory, unreadable);
        assertEquals("rwxr-xr-x", mode());
        Files.writeString(directory.resolve("x"), "there");
    }
}

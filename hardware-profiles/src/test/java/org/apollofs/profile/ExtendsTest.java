package org.apollofs.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExtendsTest {
    @Test
    void shouldTakeWhatIsAbsentFromParent() {
        HardwareProfile profile = ProfileLoader.parse("mine.yaml", """
            profile: mine
            extends: embedded
            mount: {workers: 16}
            """);
        HardwareProfile parent = ProfileLoader.load("embedded");
        assertEquals("mine", profile.profile());
        assertEquals(parent.targets(), profile.targets());
        assertEquals(16, profile.mount().workers());
        assertEquals(parent.mount().maxBackground(), profile.mount().maxBackground());
    }

    @Test
    void shouldReplaceListsWhole() {
        HardwareProfile profile = ProfileLoader.parse("mine.yaml", """
            profile: mine
            extends: embedded
            layout: {dataChunks: 1, parityChunks: 1}
            targets:
              - {id: 0, path: a, size: 1g}
              - {id: 1, path: b, size: 1GB}
            """);
        assertEquals(2, profile.targets().size());
        assertEquals(1 << 30, profile.targets().get(0).sizeBytes());
        // A decimal size is rounded down to whole pages.
        assertEquals(1_000_000_000L / 4096 * 4096, profile.targets().get(1).sizeBytes());
        assertEquals(1 << 20, profile.layout().chunkLength());
    }

    @Test
    void shouldNameFileThatHasTheKey(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("base.yaml"), "profile: base\nextends: embedded\nmount:\n  workers: 200\n");
        Path child = folder.resolve("child.yaml");
        Files.writeString(child, "profile: child\nextends: base.yaml\nengine: {hostSlabs: 40}\n");
        ProfileException failure = assertThrows(ProfileException.class, () -> ProfileLoader.load(child.toString()));
        assertTrue(
                failure.getMessage().startsWith(child + ":3: engine.hostSlabs: expected at least 212"),
                failure.getMessage());

        Files.writeString(child, "profile: child\nextends: base.yaml\n");
        failure = assertThrows(ProfileException.class, () -> ProfileLoader.load(child.toString()));
        assertTrue(failure.getMessage().startsWith("embedded.yaml:"), failure.getMessage());

        Files.writeString(folder.resolve("base.yaml"), "profile: base\nextends: embedded\nmount:\n  workers: 2000\n");
        failure = assertThrows(ProfileException.class, () -> ProfileLoader.load(child.toString()));
        assertTrue(
                failure.getMessage().startsWith(folder.resolve("base.yaml") + ":4: mount.workers"),
                failure.getMessage());
    }

    @Test
    void shouldRefuseCircles(@TempDir Path folder) throws IOException {
        Path one = folder.resolve("one.yaml");
        Files.writeString(one, "profile: one\nextends: two.yaml\n");
        Files.writeString(folder.resolve("two.yaml"), "profile: two\nextends: one.yaml\n");
        ProfileException failure = assertThrows(ProfileException.class, () -> ProfileLoader.load(one.toString()));
        assertTrue(
                failure.getMessage().contains("one.yaml:2: extends: expected a profile that does not extend"),
                failure.getMessage());
    }

    @Test
    void shouldRefuseParentThatIsNotThere() {
        ProfileException failure = assertThrows(
                ProfileException.class, () -> ProfileLoader.parse("mine.yaml", "profile: mine\nextends: embeded\n"));
        assertTrue(
                failure.getMessage()
                        .startsWith("mine.yaml:2: extends: expected a profile that can be read: embeded: no such"),
                failure.getMessage());
        failure = assertThrows(
                ProfileException.class, () -> ProfileLoader.parse("mine.yaml", "profile: mine\nextends: [a]\n"));
        assertTrue(failure.getMessage().contains("mine.yaml:2: extends: expected"), failure.getMessage());
    }
}

package org.apollofs.fuse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The contract on /dev/fuse itself, and what only this backend has. */
class KernelMountTest extends MountContract {
    /** XATTR_SIZE_MAX of linux/limits.h. */
    private static final int MAX_VALUE = 64 * 1024;

    @Override
    Backend backend() {
        return Backend.KERNEL;
    }

    @Test
    void shouldKeepExtendedAttributes() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "content");
        Path directory = Files.createDirectory(root.resolve("directory"));
        byte[] large = random(21, MAX_VALUE);
        for (Path path : List.of(file, directory)) {
            UserDefinedFileAttributeView attributes = attributes(path);
            assertEquals(List.of(), attributes.list());
            attributes.write("origin", UTF_8.encode("trainer-7"));
            attributes.write("large", ByteBuffer.wrap(large));
            attributes.write("empty", ByteBuffer.allocate(0));
            attributes.write("origin", UTF_8.encode("trainer-8"));
            assertEquals(Set.of("origin", "large", "empty"), new TreeSet<>(attributes.list()));
            assertArrayEquals("trainer-8".getBytes(UTF_8), read(attributes, "origin"));
            assertArrayEquals(large, read(attributes, "large"));
            assertArrayEquals(new byte[0], read(attributes, "empty"));
            assertThrows(FileSystemException.class, () -> attributes.read("origin", ByteBuffer.allocate(3)));
            attributes.delete("large");
            assertThrows(FileSystemException.class, () -> attributes.delete("large"));
            assertThrows(FileSystemException.class, () -> attributes.size("large"));
            assertEquals(Set.of("origin", "empty"), new TreeSet<>(attributes.list()));
        }
        Files.writeString(file, "other content");
        Path moved = Files.move(file, directory.resolve("moved"));
        assertArrayEquals("trainer-8".getBytes(UTF_8), read(attributes(moved), "origin"));
        assertEquals("other content", Files.readString(moved));
    }

    @Test
    void shouldMoveChangeTimeWithAnExtendedAttribute() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "content");
        Object before = Files.getAttribute(file, "unix:ctime");
        Object modified = Files.getLastModifiedTime(file);
        attributes(file).write("a", UTF_8.encode("b"));
        assertTrue(before.toString()
                        .compareTo(Files.getAttribute(file, "unix:ctime").toString())
                < 0);
        assertEquals(modified, Files.getLastModifiedTime(file));
    }

    /** The kernel guesses a handle for pages that it writes back: the latest, here one that appends. */
    @Test
    void shouldWritePagesBackToTheirPlaceBesideAHandleThatAppends() throws IOException {
        byte[] bytes = random(22, 20_000);
        Path path = Files.write(root.resolve("file"), bytes);
        try (FileChannel mapped = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileChannel appending = FileChannel.open(path, StandardOpenOption.APPEND)) {
            MappedByteBuffer pages = map(mapped, bytes.length);
            bytes[5000] ^= 1;
            pages.put(5000, bytes[5000]);
            pages.force();
            assertEquals(bytes.length, appending.size());
        }
        assertArrayEquals(bytes, Files.readAllBytes(path));
    }

    /** The kernel does not look at the count for pages that it writes back. */
    @Test
    void shouldFailPagesThatWereTakenInPart() throws IOException {
        byte[] bytes = random(23, 20_000);
        Path path = Files.write(root.resolve("file"), bytes);
        try (FileChannel mapped = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer pages = map(mapped, bytes.length);
            pages.put(5000, (byte) (bytes[5000] + 1));
            data.takesAtMost = 1000;
            assertThrows(UncheckedIOException.class, pages::force);
            data.takesAtMost = Integer.MAX_VALUE;
        }
    }

    private static MappedByteBuffer map(FileChannel file, int length) throws IOException {
        try {
            return file.map(FileChannel.MapMode.READ_WRITE, 0, length);
        } catch (IOException e) {
            assumeTrue(!e.getMessage().contains("No such device"), "shared mappings need Linux 6.6");
            throw e;
        }
    }

    private static UserDefinedFileAttributeView attributes(Path path) {
        return Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
    }

    private static byte[] read(UserDefinedFileAttributeView attributes, String name) throws IOException {
        ByteBuffer value = ByteBuffer.allocate(attributes.size(name));
        assertEquals(value.capacity(), attributes.read(name, value));
        return value.array();
    }
}

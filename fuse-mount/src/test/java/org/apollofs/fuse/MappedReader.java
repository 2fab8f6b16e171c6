package org.apollofs.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Maps a file in a process of its own: a process must not map files that it serves itself. */
final class MappedReader {
    private MappedReader() {}

    public static void main(String[] args) throws IOException {
        ByteBuffer expected = ByteBuffer.wrap(Files.readAllBytes(Path.of(args[1])));
        boolean writable = args[2].equals("rw");
        try (FileChannel channel = writable
                ? FileChannel.open(Path.of(args[0]), StandardOpenOption.READ, StandardOpenOption.WRITE)
                : FileChannel.open(Path.of(args[0]), StandardOpenOption.READ)) {
            check(channel.map(MapMode.READ_ONLY, 0, channel.size()), expected, "shared");
            if (writable) {
                check(channel.map(MapMode.PRIVATE, 0, channel.size()), expected, "private");
                MappedByteBuffer shared = channel.map(MapMode.READ_WRITE, 0, channel.size());
                check(shared, expected, "shared, writable");
                shared.put(100, (byte) ~shared.get(100));
                shared.force();
            }
        }
    }

    private static void check(ByteBuffer mapped, ByteBuffer expected, String kind) {
        int difference = mapped.mismatch(expected);
        if (difference >= 0) {
            throw new IllegalStateException(kind + " mapping differs at " + difference);
        }
    }
}
